"""Make fbcnet_torch.npz with the authors' code: ``python make_fbcnet.py FBCNET``.

Requires ravikiran-mane/FBCNet at commit de1bbdd8a54cb1e466830e3d47070e0e56761a37 and
``torch==2.13.0``.
"""

from package import import_from_arguments
from torch_run import make

if __name__ == "__main__":
    import_from_arguments("codes/centralRepo")
    from networks import FBCNet

    # Arguments of the authors' ho.py for BCI Competition IV 2a.
    size = {"nChan": 22, "nTime": 1000, "nClass": 4, "nBands": 9, "m": 32}
    meta = {"source": "ravikiran-mane/FBCNet de1bbdd FBCNet", **size}
    # Some filters exceed their limits of 2 and 0.5.
    seeded = {"seed": 7, "gains": {"scb": 2.0, "lastLayer": 0.5}, "shape_of_x": (6, 1, 22, 1000, 9)}
    make("fbcnet_torch.npz", FBCNet(**size), meta, **seeded)
