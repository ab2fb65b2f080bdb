"""Make eeginception_mi_torch.npz with braindecode's port: the authors published no code.

Requires braindecode/braindecode at commit eb3ddee6b72b07ff7457f9273cff179400b925c5, the packages
it imports, and ``torch==2.13.0``. Usage: ``python make_eeginception_mi.py BRAINDECODE``.
"""

from package import import_from_arguments
from torch_run import make

# Other models import these; torchaudio fails where it does not match torch's binary.
UNUSED = (
    "rotary_embedding_torch", "torchaudio", "torchaudio.functional", "torchaudio.transforms",
)  # fmt: skip

if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    from braindecode.models import EEGInceptionMI

    # The shortest kernel has 6 samples: an even length shows on which side padding is longer.
    size = {"n_chans": 22, "n_times": 160, "n_outputs": 4, "sfreq": 64}
    meta = {"source": "braindecode/braindecode eb3ddee EEGInceptionMI", **size}
    make(
        "eeginception_mi_torch.npz", EEGInceptionMI(**size), meta,
        seed=6, gains={"fc": 0.4, "": 1.0}, shape_of_x=(6, 22, 160), scale_of_x=10.0,
    )  # fmt: skip
