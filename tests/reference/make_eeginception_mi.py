"""Make eeginception_mi_torch.npz by running braindecode's port: the authors have published none.

It needs braindecode/braindecode at commit eb3ddee6b72b07ff7457f9273cff179400b925c5 in a folder, and
an environment with what it imports and ``torch==2.13.0``. From this folder:

    python make_eeginception_mi.py PATH_TO_BRAINDECODE
"""

import sys
from unittest.mock import MagicMock

from package import save
from torch_run import run

# What other models import; torchaudio fails where it does not match torch's binary.
UNUSED = (
    "rotary_embedding_torch", "torchaudio", "torchaudio.functional", "torchaudio.transforms",
)  # fmt: skip

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    sys.modules |= {name: MagicMock() for name in UNUSED}
    from braindecode.models import EEGInceptionMI

    # The shortest kernel has 6 samples: an even length tells where the odd zero stands.
    size = {"n_chans": 22, "n_times": 160, "n_outputs": 4, "sfreq": 64}
    meta = {"source": "braindecode/braindecode eb3ddee EEGInceptionMI", **size}
    seeded = {
        "seed": 6,
        "gains": {"fc": 0.4, "": 1.0},
        "shape_of_x": (6, 22, 160),
        "scale_of_x": 10.0,
    }
    arrays, meta = run(EEGInceptionMI(**size), meta, **seeded)
    save("eeginception_mi_torch.npz", arrays, meta)
