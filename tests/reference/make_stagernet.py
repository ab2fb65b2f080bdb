"""Make stagernet_torch.npz and stagernet_selfeeg_torch.npz with two ports.

The authors published no code. Requires braindecode/braindecode at commit
eb3ddee6b72b07ff7457f9273cff179400b925c5, MedMaxLab/selfEEG at commit
7bf7681429e67b5b66c608166e5a07763d03e43f, the packages they import except torchaudio, and
``torch==2.13.0``. Usage: ``python make_stagernet.py BRAINDECODE SELFEEG``.
"""

from package import import_from_arguments
from torch_run import make

# Other models of theirs import these.
UNUSED = (
    "rotary_embedding_torch", "torchaudio", "torchaudio.functional", "torchaudio.transforms",
)  # fmt: skip
SEEDED = {"seed": 9, "gains": {"final": 0.1, "Dense": 0.1, "": 1.0}, "scale_of_x": 3.0}

if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    from braindecode.models.sleep_stager_chambon_2018 import SleepStagerChambon2018
    from selfeeg.models import StagerNet

    # 65 samples with 32 zeros on either side: outputs are as long as inputs.
    port = SleepStagerChambon2018(n_chans=6, sfreq=130, n_times=3900, pad_size_s=32 / 130)
    meta = {"source": "braindecode/braindecode eb3ddee SleepStagerChambon2018"}
    make("stagernet_torch.npz", port, meta, shape_of_x=(6, 6, 3900), **SEEDED)
    meta = {"source": "MedMaxLab/selfEEG 7bf7681 StagerNet"}
    port = StagerNet(5, Chans=6, Samples=3840)
    make("stagernet_selfeeg_torch.npz", port, meta, shape_of_x=(6, 6, 3840), **SEEDED)
