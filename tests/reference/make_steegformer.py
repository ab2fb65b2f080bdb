"""Make steegformer_torch.npz and steegformer_small_torch.npz: ``python make_steegformer.py CODE``.

Requires LiuyinYang1101/STEEGFormer at commit 282651d89b40fdc5953fa4dcbfadd382662844a5, with
``pretrain/senloc_file/sen_chan_idx.pkl``, ``torch==2.13.0`` and ``timm==1.0.31``.
"""

import pickle
from functools import partial
from pathlib import Path

import numpy as np
import torch
from make_labram import UNUSED
from package import import_from_arguments
from torch import nn
from torch_run import make

NAMES = ("Cz", "AFF2", "T3", "PPO2h")
# Positions of images and a normalisation, which the forward pass never uses.
NEVER = ("pos_embed", "fc_norm.weight", "fc_norm.bias")
GAINS = {"emd": 5.0, "cls_token": 1.0, "qkv": 2.0, "": 1.0}


class ArraysOnly(pickle.Unpickler):
    """Unpickler that makes NumPy's arrays and nothing else."""

    def find_class(self, module, name):
        known = {"_reconstruct": np._core.multiarray._reconstruct, "ndarray": np.ndarray,
                 "dtype": np.dtype}  # fmt: skip
        return known[name]


def read_rows(folder):
    """Return the row of each electrode in the authors' table."""
    path = Path(folder) / "pretrain/senloc_file/sen_chan_idx.pkl"
    with path.open("rb") as file:
        return ArraysOnly(file).load()["channels_mapping"]


if __name__ == "__main__":
    (folder,) = import_from_arguments(subfolder="easy_start", unused=UNUSED)
    from models_vit_eeg import VisionTransformer, vit_small_patch16

    places = read_rows(folder)
    rows = torch.tensor([places[name] for name in NAMES])

    def logits_of(model, x):
        """Return logits for windows that are standardised as in the authors' benchmark."""
        values = x.numpy()
        std = values.std(axis=2, keepdims=True)
        values = (values - values.mean(axis=2, keepdims=True)) / std
        return model(torch.from_numpy(values), rows.expand(len(x), -1))

    names = np.array(sorted(places, key=places.get))
    meta = {"source": "LiuyinYang1101/STEEGFormer 282651d VisionTransformer"}
    # The unused weights would be parameters without a gradient.
    options = {"logits_of": logits_of, "unused": (*NEVER, "enc_temporal_emd.pe"), "gains": GAINS}
    options["scale_of_x"] = 20.0
    published = vit_small_patch16(num_classes=3, global_pool=True)
    make(
        "steegformer_small_torch.npz", published, meta.copy(), **options, step=False, seed=62,
        shape_of_x=(2, 4, 100), more={"ch_names": names},
    )  # fmt: skip
    small = VisionTransformer(
        patch_size=16, embed_dim=24, depth=3, num_heads=2, mlp_ratio=4, qkv_bias=True,
        norm_layer=partial(nn.LayerNorm, eps=1e-6), num_classes=3, global_pool=True,
    )  # fmt: skip
    make("steegformer_torch.npz", small, meta.copy(), **options, seed=61, shape_of_x=(4, 4, 100))
