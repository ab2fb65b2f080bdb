"""Make eegitnet_torch.npz with braindecode's port: ``python make_eegitnet.py``.

Requires ``torch==2.13.0``, ``braindecode==1.8.1`` and what it imports, except torchaudio.
"""

from package import import_from_arguments
from torch_run import make

# braindecode imports them for models that are not run here.
UNUSED = ("torchaudio", "torchaudio.functional", "torchaudio.transforms")

if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    from braindecode.models import EEGITNet

    model = EEGITNet(n_chans=22, n_times=250, n_outputs=4, sfreq=125)
    meta = {"source": "braindecode 1.8.1 EEGITNet"}
    # Within the limits, beyond which braindecode's gradient is that of the projection.
    gains = {"final_layer": 0.025, "original": 0.8, "": 1.0}
    make("eegitnet_torch.npz", model, meta, gains=gains, seed=111, shape_of_x=(4, 22, 250))
