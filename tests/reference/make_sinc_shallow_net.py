"""Make sinc_shallow_net_torch.npz with braindecode's port: ``python make_sinc_shallow_net.py``.

Requires ``torch==2.13.0``, ``braindecode==1.8.1`` and what it imports, except torchaudio.
"""

from package import import_from_arguments
from torch_run import make

# braindecode imports them for models that are not run here.
UNUSED = ("torchaudio", "torchaudio.functional", "torchaudio.transforms")

if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    from braindecode.models import SincShallowNet

    model = SincShallowNet(n_chans=22, n_times=250, n_outputs=4, sfreq=128)
    meta = {"source": "braindecode 1.8.1 SincShallowNet"}
    # Edges and widths in Hz; some bands end at half of the sampling rate.
    gains = {"low_freqs": 25.0, "bandwidths": 8.0, "": 1.0}
    constants = [f"sinc_filter_layer.{name}" for name in ("window", "n_pi", "ones")]
    make(
        "sinc_shallow_net_torch.npz", model, meta, gains=gains, seed=116, unused=constants,
        shape_of_x=(4, 22, 250),
    )  # fmt: skip
