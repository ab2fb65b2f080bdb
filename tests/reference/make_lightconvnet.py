"""Make lightconvnet_torch.npz with the authors' code: ``python make_lightconvnet.py LIGHTCONVNET``.

Requires Ma-Xinzhi/LightConvNet at commit 3cb9c994fbf6b3edfa8c6e8a25f42c057c3723ca,
``torch==2.13.0`` and ``einops==0.8.2``.
"""

from package import import_from_arguments
from torch_run import make

if __name__ == "__main__":
    import_from_arguments("model")
    from LightConvNet import LightConvNet

    # Arguments of the authors' config for BCI Competition IV 2a.
    size = {"num_classes": 4, "num_samples": 1000, "num_channels": 22, "num_bands": 9}
    size |= {"embed_dim": 64, "win_len": 250, "num_heads": 8}
    size |= {"weight_softmax": True, "bias": False}
    meta = {"source": "Ma-Xinzhi/LightConvNet 3cb9c99 LightConvNet", **size}
    # The weights of the segments differ, so that the softmax does.
    gains = {"spacial_block": 2.0, "conv.weight": 3.0, "classify": 1.0}
    make(
        "lightconvnet_torch.npz", LightConvNet(**size), meta, gains=gains, seed=103,
        shape_of_x=(4, 9, 22, 1000),
    )  # fmt: skip
