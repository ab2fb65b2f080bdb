"""Make sstdpn_torch.npz with the authors' code: ``python make_sstdpn.py SST_DPN``.

Requires hancan16/SST-DPN at commit 93ed17de558379ee8a0c9d32a67d032000477c49, ``torch==2.13.0`` and
``einops==0.8.2``.
"""

from package import import_from_arguments
from torch_run import make

if __name__ == "__main__":
    import_from_arguments()
    from model import SST_DPN

    size = {"chans": 22, "samples": 1000, "num_classes": 4}
    meta = {"source": "hancan16/SST-DPN 93ed17d SST_DPN", **size}
    # The gates differ, and some prototypes exceed their limit of 1. The others are for training.
    gains = {"ssa": 20.0, "isp": 1.0, "time_conv": 1.5, "": 1.5}
    make(
        "sstdpn_torch.npz", SST_DPN(**size), meta, gains=gains, seed=108,
        shape_of_x=(4, 22, 1000), unused=["icp"],
    )  # fmt: skip
