"""Make tidnet_torch.npz with the authors' code: ``python make_tidnet.py THINKER_INVARIANCE``.

Requires SPOClab-ca/ThinkerInvariance at commit 784a8b8407c0b0c63557a032ab6b0520a7519fe9 and
``torch==2.13.0``.
"""

from package import import_from_arguments
from torch_run import make

# Imported for models that are not run here.
UNUSED = ("braindecode", "braindecode.models", "braindecode.models.eegnet")
UNUSED += ("braindecode.models.shallow_fbcsp",)

if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    from models import TIDNet

    size = {"targets": 4, "channels": 5, "samples": 200}
    model = TIDNet(**size, subjects=1, runs=1)
    meta = {"source": "SPOClab-ca/ThinkerInvariance 784a8b8 TIDNet", **size}
    # The heads for subjects and runs are for training.
    unused = [name for name in model.state_dict() if "_prediction" in name]
    make(
        "tidnet_torch.npz", model, meta, gains={"weight_g": 5.0, "classify": 1.0, "": 1.0},
        seed=112, shape_of_x=(4, 5, 200), unused=unused,
        logits_of=lambda model, x: model.classify[:2](model.dscnn(x)),
    )  # fmt: skip
