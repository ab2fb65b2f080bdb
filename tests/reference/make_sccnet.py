"""Make sccnet_torch.npz with the first author's class: ``python make_sccnet.py``.

Requires ``torch==2.13.0``, ``braindecode==1.8.1`` and what it imports, except torchaudio.
"""

from package import import_from_arguments
from torch import nn
from torch_run import make

# braindecode imports them for models that are not run here.
UNUSED = ("torchaudio", "torchaudio.functional", "torchaudio.transforms")

if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    from braindecode.models import SCCNet

    model = SCCNet(n_chans=22, n_times=562, n_outputs=4, sfreq=125)
    # The paper pads by six zeros on either side; the class does not.
    model.spatial_filt_conv.padding = (0, 6)
    model.final_layer = nn.Linear(840, 4)
    meta = {"source": "braindecode 1.8.1 SCCNet, padded"}
    gains = {"spatial": 1.0, "final_layer": 0.5, "": 1.0}
    make("sccnet_torch.npz", model, meta, gains=gains, seed=104, shape_of_x=(4, 22, 562))
