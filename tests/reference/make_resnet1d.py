"""Make resnet1d_torch.npz and resnet1d_selfeeg_torch.npz by running the authors' code, and a port.

It needs ironing/Task-oriented-SSL-EEG-AD at commit 1aa077212050d3cfd671c911d203aa4d5ef96dcf and
MedMaxLab/selfEEG at commit 7bf7681429e67b5b66c608166e5a07763d03e43f in two folders, and an
environment with ``torch==2.13.0``, scipy and pandas. From this folder:

    python make_resnet1d.py PATH_TO_TASK_ORIENTED PATH_TO_SELFEEG
"""

import sys
from unittest.mock import MagicMock

from package import save
from torch_run import run

# What selfEEG imports to load and to augment data; it fails where it does not match torch's binary.
UNUSED = ("torchaudio", "torchaudio.transforms", "torchaudio.functional")

if __name__ == "__main__":
    sys.path[:0] = sys.argv[1:]
    sys.modules |= {name: MagicMock() for name in UNUSED}
    from model import TaskOriNet
    from selfeeg.models import ResNet1D

    meta = {"source": "ironing/Task-oriented-SSL-EEG-AD 1aa0772 TaskOriNet"}
    seeded = {"seed": 10, "gains": {"": 1.0}, "shape_of_x": (6, 1, 18, 769)}
    arrays, meta = run(TaskOriNet(num_classes=3), meta, lambda model, x: model(x)[1], **seeded)
    save("resnet1d_torch.npz", arrays, meta)

    meta = {"source": "MedMaxLab/selfEEG 7bf7681 ResNet1D"}
    seeded = {"seed": 11, "gains": {"": 1.0}, "shape_of_x": (6, 5, 200)}
    arrays, meta = run(ResNet1D(3, 5, 200), meta, **seeded)
    save("resnet1d_selfeeg_torch.npz", arrays, meta)
