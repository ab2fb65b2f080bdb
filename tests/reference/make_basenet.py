"""Make basenet_torch.npz and basenet_se_torch.npz: ``python make_basenet.py CHANNEL_ATTENTION``.

Requires martinwimpff/channel-attention at commit f1ee0d4b665d8ea7c2cc5efc3e1ca9c56412b0c5,
``torch==2.13.0`` and ``einops==0.8.2``.
"""

import sys

from package import import_from_arguments
from torch_run import make

# Imported for training, and for a kind of attention that is not run here.
UNUSED = ("pytorch_lightning", "torchmetrics", "torchmetrics.functional", "torchvision")
UNUSED += ("torchvision.transforms", "torchvision.transforms._functional_tensor")
UNUSED += ("channel_attention.models.classification_module",)

if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    sys.modules[UNUSED[-1]].ClassificationModule = object
    from channel_attention.models.basenet import BaseNetModule

    for name, mode in (("basenet", None), ("basenet_se", "se")):
        size = {"input_window_samples": 1000, "n_channels": 22, "n_classes": 4}
        size |= {"attention_mode": mode}
        meta = {"source": "martinwimpff/channel-attention f1ee0d4 BaseNetModule", **size}
        make(
            f"{name}_torch.npz", BaseNetModule(**size), meta, seed=109,
            gains={"attention_block": 2.0, "": 1.0}, shape_of_x=(4, 22, 1000),
        )  # fmt: skip
