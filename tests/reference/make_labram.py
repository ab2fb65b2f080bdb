"""Make labram_torch.npz and labram_base_torch.npz: ``python make_labram.py LABRAM``.

Requires 935963004/LaBraM at commit c431221e6cfd23dbfa9950e0180682fb322b0548, ``torch==2.13.0``,
``timm==1.0.31`` and ``einops==0.8.2``.
"""

import ast
from functools import partial
from pathlib import Path

import numpy as np
from package import import_from_arguments
from torch import nn
from torch_run import make

# timm imports it.
UNUSED = ("torchvision", "torchvision.ops", "torchvision.ops.misc", "torchvision.transforms",
          "torchvision.transforms.functional", "torchvision.datasets")  # fmt: skip
CHANNELS = ("C4", "FP1", "T3", "A2", "P8-O2")
GAINS = {"gamma": 0.5, "_embed": 3.0, "qkv": 2.0, "head": 0.3, "": 1.0}


def read_names(folder):
    """Return the authors' names of the rows of their table, from a file that imports too much."""
    tree = ast.parse((Path(folder) / "utils.py").read_text())
    named = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    return ast.literal_eval(named["standard_1020"])


if __name__ == "__main__":
    (folder,) = import_from_arguments(unused=UNUSED)
    from modeling_finetune import NeuralTransformer, labram_base_patch200_200

    names = read_names(folder)
    rows = [0, *(1 + names.index(name) for name in CHANNELS)]  # as get_input_chans

    def logits_of(model, x):
        return model(x, input_chans=rows)

    norm = partial(nn.LayerNorm, eps=1e-6)
    small = NeuralTransformer(
        patch_size=40, out_chans=4, num_classes=3, embed_dim=20, depth=3, num_heads=2, mlp_ratio=3,
        init_values=0.1, qk_norm=norm, norm_layer=norm,
    )  # fmt: skip
    meta = {"source": "935963004/LaBraM c431221 NeuralTransformer"}
    options = {"logits_of": logits_of, "gains": GAINS}
    make(
        "labram_torch.npz", small, meta, **options, seed=31, shape_of_x=(4, 5, 3, 40),
        more={"ch_names": np.array(names)},
    )  # fmt: skip
    base = labram_base_patch200_200(num_classes=4, init_values=0.1)
    meta = {"source": "935963004/LaBraM c431221 labram_base_patch200_200"}
    make(
        "labram_base_torch.npz", base, meta, **options, step=False, seed=32,
        shape_of_x=(2, 5, 2, 200),
    )  # fmt: skip
