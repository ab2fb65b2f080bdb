"""Make ifnet_torch.npz and ifnet_v2_torch.npz: ``python make_ifnet.py IFNET``.

Requires the authors' code, Jiaheng-Wang/IFNet at commit 00ca53e29d2318a4cf7259878a4e42a7e00c6211,
and ``torch==2.13.0``.
"""

from package import import_from_arguments
from torch_run import make

# Imported for an initialiser, which has no part in the numbers.
UNUSED = ("timm", "timm.models", "timm.models.layers")

if __name__ == "__main__":
    import_from_arguments("TEEGM/models", unused=UNUSED)
    import IFNet
    import IFNetV2

    # Arguments of the authors' config.py for BCI Competition IV 2a.
    size = {"in_planes": 22, "out_planes": 64, "kernel_size": 63, "radix": 2, "patch_size": 125}
    size |= {"time_points": 750, "num_classes": 4}
    gains = {"tconv": 1.0, "sconv": 1.0, "fc": 0.5}
    seeded = {"gains": gains, "shape_of_x": (4, 44, 750)}
    meta = {"source": "Jiaheng-Wang/IFNet 00ca53e IFNet", **size}
    make("ifnet_torch.npz", IFNet.IFNet(**size), meta, seed=101, **seeded)
    # Some rows of the head exceed their limit of 0.5.
    meta = {"source": "Jiaheng-Wang/IFNet 00ca53e IFNetV2", **size}
    make("ifnet_v2_torch.npz", IFNetV2.IFNet(**size), meta, seed=102, **seeded)
