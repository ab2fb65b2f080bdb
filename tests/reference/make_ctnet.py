"""Make ctnet_torch.npz by running the authors' code.

It needs snailpt/CTNet at commit 4e6f9730ecd9a6667b6d3b96944dda6f77acc55d in a folder, and an
environment with ``torch==2.13.0`` and ``einops==0.8.2``. From this folder:

    python make_ctnet.py PATH_TO_CTNET
"""

import sys
from unittest.mock import MagicMock

import torch
from package import save
from torch_run import run

# What the file imports for training and drawing, not for the model.
UNUSED = ("cv2", "pandas", "sklearn.metrics", "torchsummary")

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    sys.modules |= {name: MagicMock() for name in UNUSED}
    # The model sends its positions to a GPU.
    torch.Tensor.cuda = lambda tensor: tensor
    from main_subject_specific import EEGTransformer

    # Those of the authors' script; "A" is BCI Competition IV 2a.
    size = {"heads": 2, "emb_size": 16, "depth": 6, "database_type": "A", "flatten_eeg1": 240}
    size |= {"eeg1_f1": 8, "eeg1_D": 2, "eeg1_kernel_size": 64}
    model = EEGTransformer(**size)
    # Positions beyond the 15 tokens.
    meta = {"source": "snailpt/CTNet 4e6f973 EEGTransformer", **size, "n_unused": 85 * 16}
    gains = {"encoding": 5.0, "keys": 3.0, "queries": 3.0, "classification": 0.5, "": 1.0}
    seeded = {"seed": 8, "gains": gains, "shape_of_x": (6, 1, 22, 1000)}
    arrays, meta = run(model, meta, lambda model, x: model(x)[1], **seeded)
    save("ctnet_torch.npz", arrays, meta)
