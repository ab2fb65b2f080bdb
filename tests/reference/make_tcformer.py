"""Make tcformer_torch.npz with braindecode's port: ``python make_tcformer.py``.

Requires ``torch==2.13.0``, ``braindecode==1.8.1`` and what it imports, except torchaudio.
"""

from package import import_from_arguments
from torch_run import make

# braindecode imports them for models that are not run here.
UNUSED = ("torchaudio", "torchaudio.functional", "torchaudio.transforms")

if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    from braindecode.models import TCFormer

    model = TCFormer(n_chans=22, n_times=1000, n_outputs=4, sfreq=250, drop_path_max=0.0)
    meta = {"source": "braindecode 1.8.1 TCFormer"}
    # Some rows of the head exceed their limit of 0.25.
    gains = {"query_proj": 3.0, "key_value": 2.0, "att_fc": 2.0, "final_layer": 0.3, "tcn": 4.0}
    make(
        "tcformer_torch.npz",
        model,
        meta,
        gains=gains | {"": 1.0},
        seed=107,
        shape_of_x=(4, 22, 1000),
    )
