"""Make stnet_torch.npz by running the code of the paper's first author.

It needs torcheeg/torcheeg at commit b6039b13e701edd860eb054242e64c3ec5a43fdc in a folder, and an
environment with ``torch==2.13.0``. From this folder:

    python make_stnet.py PATH_TO_TORCHEEG
"""

import sys

from package import save
from torch_run import run

if __name__ == "__main__":
    sys.path.insert(0, f"{sys.argv[1]}/torcheeg/models/cnn")
    from stnet import STNet

    meta = {"source": "torcheeg/torcheeg b6039b1 STNet"}
    seeded = {"seed": 12, "gains": {"": 1.3}, "shape_of_x": (6, 128, 9, 9)}
    arrays, meta = run(STNet(num_classes=3), meta, **seeded)
    save("stnet_torch.npz", arrays, meta)
