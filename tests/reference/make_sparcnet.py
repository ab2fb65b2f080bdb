"""Make sparcnet_torch.npz with an author's code: ``python make_sparcnet.py BIOT``.

Requires ycq091044/BIOT at commit d138e32634e52ae9fa6ec98ac9c4087b14ca869a and ``torch==2.13.0``.
"""

from package import import_from_arguments
from torch_run import make

if __name__ == "__main__":
    import_from_arguments("model")
    from sparcnet import SPaRCNet

    size = {"in_channels": 5, "sample_length": 40, "n_classes": 6}
    size |= {"block_layers": 2, "growth_rate": 8, "bn_size": 4, "drop_rate": 0.0}
    meta = {"source": "ycq091044/BIOT d138e32 SPaRCNet", **size}
    gains = {"": 1.4}
    make("sparcnet_torch.npz", SPaRCNet(**size), meta, gains=gains, seed=114, shape_of_x=(4, 5, 40))
