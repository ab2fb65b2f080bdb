"""Make bdtcn_torch.npz with the authors' class: ``python make_bdtcn.py``.

Requires ``torch==2.13.0``, ``braindecode==1.8.1`` and what it imports, except torchaudio.
"""

from package import import_from_arguments
from torch_run import make

# braindecode imports them for models that are not run here.
UNUSED = ("torchaudio", "torchaudio.functional", "torchaudio.transforms")

if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    from braindecode.models import BDTCN

    size = {"n_chans": 21, "n_times": 120, "n_outputs": 2, "sfreq": 100}
    size |= {"n_blocks": 3, "n_filters": 12, "kernel_size": 5}
    meta = {"source": "braindecode 1.8.1 BDTCN", **size}
    # original0 are the norms of the kernels.
    gains = {"original0": 5.0, "fc": 2.0, "": 1.0}
    make("bdtcn_torch.npz", BDTCN(**size), meta, gains=gains, seed=110, shape_of_x=(4, 21, 120))
