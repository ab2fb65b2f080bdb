"""Make reve_torch.npz, reve_pooled_torch.npz and reve_base_torch.npz: ``python make_reve.py REVE``.

Requires elouayas/reve_eeg at commit 06a7059a07c3dabd80aee60c3dbc1eca4bdbe1c7, ``torch==2.13.0``,
``einops==0.8.2`` and ``transformers==5.24.0``, which it imports.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import torch
from package import import_from_arguments
from torch_run import make

NAMES = ("Cz", "O1", "T3", "FP1-F7", "PPO2h")
GAINS = {"cls_query_token": 1.0, "to_qkv": 2.0, "mlp4d.0": 1.0, "linear_head": 0.5, "": 1.0}


def keep_type(x):
    """Return a tensor of floating-point numbers as it is, and of integers as float32."""
    return x if x.is_floating_point() else x.to(torch.float32)


def read_positions(folder):
    """Return the positions of the channels in the authors' bank, as their loader has them."""
    bank = json.loads((Path(folder) / "hf/reve-positions/positions.json").read_text())
    bank = {name.upper(): torch.tensor(place) for name, place in bank.items()}
    ends = [[bank[part.upper()] for part in name.split("-")] for name in NAMES]
    return torch.stack([sum(each) / len(each) for each in ends])


if __name__ == "__main__":
    (folder,) = import_from_arguments(subfolder="src")
    from models.classifier import ReveClassifier
    from models.encoder import REVE

    torch.Tensor.float = keep_type  # the training step is computed in float64
    places = read_positions(folder)

    def classifier(depth, n_tokens, pooling, **sizes):
        # Without random errors of the positions in training.
        encoder = REVE(SimpleNamespace(depth=depth, use_geglu=True, **sizes), 4, 200, 20, 0.0)
        width = (1 + n_tokens) * sizes["embed_dim"]
        return ReveClassifier(encoder, 3, 0.1, pooling, out_shape=width)

    def logits_of(model, x):
        """Return logits for windows divided as by the authors' loaders."""
        return model(x / 100, places.to(x.dtype).expand(len(x), -1, -1).clone())

    small = {"embed_dim": 24, "heads": 2, "head_dim": 12, "mlp_dim_ratio": 2.0}
    base = {"embed_dim": 512, "heads": 8, "head_dim": 64, "mlp_dim_ratio": 2.66}
    meta = {"source": "elouayas/reve_eeg 06a7059 ReveClassifier"}
    options = {"logits_of": logits_of, "gains": GAINS, "scale_of_x": 20.0}
    more = {"positions": places.numpy()}
    for file, pooling, seed in (("reve", "no", 101), ("reve_pooled", "last", 102)):
        make(
            f"{file}_torch.npz", classifier(3, 15, pooling, **small), meta.copy(), **options,
            seed=seed, shape_of_x=(4, 5, 600), more=more,
        )  # fmt: skip
    make(
        "reve_base_torch.npz", classifier(22, 15, "last", **base), meta.copy(), **options,
        step=False, seed=103, shape_of_x=(2, 5, 600),
    )  # fmt: skip
