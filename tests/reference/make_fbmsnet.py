"""Make fbmsnet_torch.npz with the authors' code: ``python make_fbmsnet.py FBMSNET``.

Requires Want2Vanish/FBMSNet at commit 1c6b6593200ff1cdb35517559b7cdce1c0161ee0 and
``torch==2.13.0``.
"""

from package import import_from_arguments
from torch_run import make

if __name__ == "__main__":
    import_from_arguments("codes/centralRepo", unused=("torchsummary",))
    from networks import FBMSNet

    # Arguments of the authors' ho.py for BCI Competition IV 2a.
    size = {"nChan": 22, "nTime": 1000, "nClass": 4}
    meta = {"source": "Want2Vanish/FBMSNet 1c6b659 FBMSNet", **size}
    # Some filters exceed their limits of 2 and 0.5.
    gains = {"mixConv2d": 1.0, "scb": 2.0, "fc": 0.5}
    make(
        "fbmsnet_torch.npz", FBMSNet(**size), meta, gains=gains, seed=115,
        shape_of_x=(4, 9, 22, 1000), logits_of=lambda model, x: model(x)[0],
    )  # fmt: skip
