"""Make fbcnet_torch.npz by running the authors' code.

It needs ravikiran-mane/FBCNet at commit de1bbdd8a54cb1e466830e3d47070e0e56761a37 in a folder, and
an environment with ``torch==2.13.0``. From this folder:

    python make_fbcnet.py PATH_TO_FBCNET
"""

import sys

from package import save
from torch_run import run

if __name__ == "__main__":
    sys.path.insert(0, f"{sys.argv[1]}/codes/centralRepo")
    from networks import FBCNet

    # Those of the authors' ho.py for BCI Competition IV 2a.
    size = {"nChan": 22, "nTime": 1000, "nClass": 4, "nBands": 9, "m": 32}
    meta = {"source": "ravikiran-mane/FBCNet de1bbdd FBCNet", **size}
    # Some filters are beyond their limits, 2 and 0.5.
    seeded = {"seed": 7, "gains": {"scb": 2.0, "lastLayer": 0.5}, "shape_of_x": (6, 1, 22, 1000, 9)}
    arrays, meta = run(FBCNet(**size), meta, **seeded)
    save("fbcnet_torch.npz", arrays, meta)
