"""Make eegsimpleconv_torch.npz with the first author's class: ``python make_eegsimpleconv.py``.

Requires ``torch==2.13.0``, ``braindecode==1.8.1`` and what it imports, except torchaudio.
"""

from package import import_from_arguments
from torch_run import make

# The window has the rate of the network, so that nothing is resampled by torchaudio.
UNUSED = ("torchaudio", "torchaudio.functional", "torchaudio.transforms")

if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    from braindecode.models import EEGSimpleConv

    model = EEGSimpleConv(n_chans=22, n_times=320, n_outputs=4, sfreq=80)
    meta = {"source": "braindecode 1.8.1 EEGSimpleConv"}
    gains = {"final_layer": 2.0, "": 1.4}
    make("eegsimpleconv_torch.npz", model, meta, gains=gains, seed=105, shape_of_x=(4, 22, 320))
