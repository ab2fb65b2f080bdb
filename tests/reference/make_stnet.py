"""Make stnet_torch.npz with the first author's code: ``python make_stnet.py TORCHEEG``.

Requires torcheeg/torcheeg at commit b6039b13e701edd860eb054242e64c3ec5a43fdc and ``torch==2.13.0``.
"""

from package import import_from_arguments
from torch_run import make

if __name__ == "__main__":
    import_from_arguments("torcheeg/models/cnn")
    from stnet import STNet

    meta = {"source": "torcheeg/torcheeg b6039b1 STNet"}
    seeded = {"seed": 12, "gains": {"": 1.3}, "shape_of_x": (6, 128, 9, 9)}
    make("stnet_torch.npz", STNet(num_classes=3), meta, **seeded)
