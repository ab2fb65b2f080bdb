"""Make ctnet_torch.npz with the authors' code: ``python make_ctnet.py CTNET``.

Requires snailpt/CTNet at commit 4e6f9730ecd9a6667b6d3b96944dda6f77acc55d, ``torch==2.13.0`` and
``einops==0.8.2``.
"""

import torch
from package import import_from_arguments
from torch_run import make

# The authors' file imports these for training and plots.
UNUSED = ("cv2", "pandas", "sklearn.metrics", "torchsummary")

if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    # The model moves its positions to a GPU.
    torch.Tensor.cuda = lambda tensor: tensor
    from main_subject_specific import EEGTransformer

    # Arguments of the authors' script; "A" is BCI Competition IV 2a.
    size = {"heads": 2, "emb_size": 16, "depth": 6, "database_type": "A", "flatten_eeg1": 240}
    size |= {"eeg1_f1": 8, "eeg1_D": 2, "eeg1_kernel_size": 64}
    meta = {"source": "snailpt/CTNet 4e6f973 EEGTransformer", **size}
    meta["n_unused"] = 85 * 16  # positions beyond the 15 tokens
    gains = {"encoding": 5.0, "keys": 3.0, "queries": 3.0, "classification": 0.5, "": 1.0}
    make(
        "ctnet_torch.npz", EEGTransformer(**size), meta, logits_of=lambda model, x: model(x)[1],
        seed=8, gains=gains, shape_of_x=(6, 1, 22, 1000),
    )  # fmt: skip
