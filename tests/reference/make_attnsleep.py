"""Make attnsleep_torch.npz by running the authors' code.

It needs emadeldeen24/AttnSleep at commit 6b4d2665884628c8a7bb09f36589a8ec0992f8e2 in a folder, and
an environment with ``torch==2.13.0``. From this folder:

    python make_attnsleep.py PATH_TO_ATTNSLEEP
"""

import sys

from package import save
from torch import nn
from torch_run import run

SEEDED = {
    "seed": 10,
    "gains": {"features1.0": 0.1, "features2.0": 0.1, "convs": 2.0, "tce.layers": 0.7, "": 1.0},
    "shape_of_x": (6, 1, 3000),
    "scale_of_x": 20.0,
}

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    from model.model import AttnSleep

    model = AttnSleep()
    # Built there, never run, or run and not used.
    for layer in model.tce.layers:
        layer.self_attn.convs[0] = layer.sublayer_output[0].norm = nn.Identity()
    meta = {"source": "emadeldeen24/AttnSleep 6b4d266 AttnSleep"}
    save("attnsleep_torch.npz", *run(model, meta, **SEEDED))
