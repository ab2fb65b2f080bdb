"""Make xeegnet_torch.npz by running the authors' code.

It needs MedMaxLab/shallownetXAI at commit 27d8a94b770d286a20c2c7bc2229be2e48f2a3c6 in a folder, and
an environment with ``torch==2.13.0`` and scipy. From this folder:

    python make_xeegnet.py PATH_TO_SHALLOWNETXAI
"""

import sys
from unittest.mock import MagicMock

from package import save
from torch_run import run

# What the file imports for other models and for plots.
UNUSED = ("matplotlib", "matplotlib.pyplot", "selfeeg", "selfeeg.models")
# Of "shn7db", but that the temporal filters are learnt: frozen, they would have no gradient.
CHOICES = {
    "F1": 7, "K1": 125, "F2": 7, "Pool": 75, "p": 0.2, "log_activation_base": "dB",
    "norm_type": "batchnorm", "random_temporal_filter": False, "Fs": 125, "freeze_temporal": 0,
    "spatial_depthwise": True, "global_pooling": True, "bias": [False, False, False],
}  # fmt: skip


def initial_filters(build, **changes):
    """Return the temporal filters as the authors initialise them."""
    return build(3, 19, 500, **CHOICES | changes).encoder.conv1.weight.detach().numpy().squeeze()


if __name__ == "__main__":
    sys.path.insert(0, f"{sys.argv[1]}/AllFnc")
    sys.modules |= {name: MagicMock() for name in UNUSED}
    from models import ShallowNet2

    meta = {"source": "MedMaxLab/shallownetXAI 27d8a94 ShallowNet2"}
    seeded = {"seed": 8, "gains": {"Dense": 0.3, "": 1.0}, "shape_of_x": (6, 19, 500)}
    arrays, meta = run(ShallowNet2(3, 19, 500, **CHOICES), meta, **seeded)
    arrays["filters"] = initial_filters(ShallowNet2)
    # Sets of two bands, joined where they touch, and the coarse bands of short kernels.
    arrays["coarse_filters"] = initial_filters(ShallowNet2, F1=15, F2=15, K1=40)
    save("xeegnet_torch.npz", arrays, meta)
