"""Make signal_jepa_torch.npz: ``python make_signal_jepa.py``.

Requires ``torch==2.13.0``, ``braindecode==1.8.1`` and what it imports, except torchaudio.
"""

from package import import_from_arguments
from torch_run import make

# braindecode imports them for models that are not run here.
UNUSED = ("torchaudio", "torchaudio.functional", "torchaudio.transforms")

if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    from braindecode.models import SignalJEPA_PreLocal

    model = SignalJEPA_PreLocal(n_chans=5, n_times=300, n_outputs=3, sfreq=128)
    meta = {"source": "braindecode 1.8.1 SignalJEPA_PreLocal"}
    gains = {"final_layer": 0.5, "": 1.5}
    make(
        "signal_jepa_torch.npz", model, meta, gains=gains, seed=91, shape_of_x=(4, 5, 300),
        scale_of_x=20.0,
    )  # fmt: skip
