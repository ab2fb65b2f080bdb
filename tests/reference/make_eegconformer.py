"""Make eegconformer_torch.npz by running the authors' code.

It needs eeyhsong/EEG-Conformer at commit 9ae149ba62487ceae723277d13adac27837113d2 in a folder, and
an environment with ``torch==2.13.0`` and ``einops==0.8.2``. From this folder:

    python make_eegconformer.py PATH_TO_EEG_CONFORMER
"""

import sys
from unittest.mock import MagicMock

import numpy as np
import torch
from package import draw, positions, save

# What the file imports for its training script, not for the model.
UNUSED = (
    "matplotlib", "matplotlib.pyplot", "PIL", "scipy.io", "sklearn.decomposition", "torchsummary",
    "torchvision", "torchvision.models", "torchvision.transforms", "torchvision.utils",
)  # fmt: skip
SEEDED = {
    "seed": 4,
    "gains": {"shallownet": 0.5, "keys": 3.0, "queries": 3.0, "": 1.0},
    "shape_of_x": (6, 1, 22, 1000),
    "scale_of_x": 20.0,
}


def main():
    """Write the reference numbers."""
    sys.path.insert(0, sys.argv[1])
    sys.modules |= {name: MagicMock() for name in UNUSED}
    from conformer import Conformer

    model = Conformer()
    # Built there, never run.
    unused = [name for name in model.state_dict() if ".clshead." in name]
    shapes = {
        name: tuple(value.shape)
        for name, value in model.state_dict().items()
        if name not in unused and value.ndim
    }
    weights, x = draw(shapes, **SEEDED)
    state = {name: torch.from_numpy(value) for name, value in weights.items()}
    model.load_state_dict(state, strict=False)
    x, y = torch.from_numpy(x), torch.arange(len(x)) % 4
    arrays = {"logits": model.eval()(x)[1].detach().numpy(), "y": y.numpy()}
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    loss = torch.nn.functional.cross_entropy(model.double().train()(x.double())[1], y)
    loss.backward()
    learnt = dict(model.named_parameters())
    flat = [
        learnt[name].grad.numpy().ravel() if name in learnt else np.zeros(np.prod(shape))
        for name, shape in shapes.items()
    ]
    arrays |= {"loss": loss.item(), "gradient": np.concatenate(flat)[positions(shapes)]}
    meta = {"source": "eeyhsong/EEG-Conformer 9ae149b Conformer", "torch": torch.__version__}
    meta |= {"n_params": sum(parameter.numel() for parameter in learnt.values())}
    meta |= {"n_unused": sum(learnt[name].numel() for name in unused)}
    meta |= {"seeded": SEEDED, "shapes": shapes}
    save("eegconformer_torch.npz", arrays, meta)


if __name__ == "__main__":
    main()
