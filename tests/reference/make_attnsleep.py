"""Make attnsleep_torch.npz with the authors' code: ``python make_attnsleep.py ATTNSLEEP``.

Requires emadeldeen24/AttnSleep at commit 6b4d2665884628c8a7bb09f36589a8ec0992f8e2 and
``torch==2.13.0``.
"""

from package import import_from_arguments
from torch import nn
from torch_run import make

GAINS = {"features1.0": 0.1, "features2.0": 0.1, "convs": 2.0, "tce.layers": 0.7, "": 1.0}

if __name__ == "__main__":
    import_from_arguments()
    from model.model import AttnSleep

    model = AttnSleep()
    # The authors never run these layers, or do not use their outputs.
    for layer in model.tce.layers:
        layer.self_attn.convs[0] = layer.sublayer_output[0].norm = nn.Identity()
    meta = {"source": "emadeldeen24/AttnSleep 6b4d266 AttnSleep"}
    seeded = {"seed": 10, "gains": GAINS, "shape_of_x": (6, 1, 3000), "scale_of_x": 20.0}
    make("attnsleep_torch.npz", model, meta, **seeded)
