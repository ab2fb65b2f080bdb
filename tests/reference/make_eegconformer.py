"""Make eegconformer_torch.npz with the authors' code.

Requires eeyhsong/EEG-Conformer at commit 9ae149ba62487ceae723277d13adac27837113d2,
``torch==2.13.0`` and ``einops==0.8.2``. Usage: ``python make_eegconformer.py EEG_CONFORMER``.
"""

import numpy as np
from package import import_from_arguments
from torch_run import make

# The authors' file imports these for training.
UNUSED = (
    "matplotlib", "matplotlib.pyplot", "PIL", "scipy.io", "sklearn.decomposition", "torchsummary",
    "torchvision", "torchvision.models", "torchvision.transforms", "torchvision.utils",
)  # fmt: skip

if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    from conformer import Conformer

    model = Conformer()
    make(
        "eegconformer_torch.npz", model, {"source": "eeyhsong/EEG-Conformer 9ae149b Conformer"},
        logits_of=lambda model, x: model(x)[1],
        unused=[name for name in model.state_dict() if ".clshead." in name],  # built, never run
        gradient_type=np.float64, seed=4,
        gains={"shallownet": 0.5, "keys": 3.0, "queries": 3.0, "": 1.0},
        shape_of_x=(6, 1, 22, 1000), scale_of_x=20.0,
    )  # fmt: skip
