"""Make resnet1d_torch.npz with the authors' code, and resnet1d_selfeeg_torch.npz with a port.

Requires ironing/Task-oriented-SSL-EEG-AD at commit 1aa077212050d3cfd671c911d203aa4d5ef96dcf,
MedMaxLab/selfEEG at commit 7bf7681429e67b5b66c608166e5a07763d03e43f, ``torch==2.13.0``, scipy and
pandas. Usage: ``python make_resnet1d.py TASK_ORIENTED SELFEEG``.
"""

from package import import_from_arguments
from torch_run import make

# selfEEG imports these for data and augmentation; torchaudio fails where it does not match torch's
# binary.
UNUSED = ("torchaudio", "torchaudio.transforms", "torchaudio.functional")
GAINS = {"": 1.0}

if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    from model import TaskOriNet
    from selfeeg.models import ResNet1D

    make(
        "resnet1d_torch.npz", TaskOriNet(num_classes=3),
        {"source": "ironing/Task-oriented-SSL-EEG-AD 1aa0772 TaskOriNet"},
        logits_of=lambda model, x: model(x)[1], seed=10, gains=GAINS, shape_of_x=(6, 1, 18, 769),
    )  # fmt: skip
    make(
        "resnet1d_selfeeg_torch.npz", ResNet1D(3, 5, 200),
        {"source": "MedMaxLab/selfEEG 7bf7681 ResNet1D"},
        seed=11, gains=GAINS, shape_of_x=(6, 5, 200),
    )  # fmt: skip
