"""Make braindecode_foundation.npz: ``python make_braindecode_foundation.py``.

It contains the logits of braindecode's foundation models with seeded weights, and the names and
shapes of their weights. Requires ``torch==2.13.0``, ``braindecode==1.8.1`` and what it imports,
except torchaudio.
"""

import json
from pathlib import Path

import numpy as np
import torch
from make_signal_jepa import UNUSED
from package import draw, import_from_arguments
from torch import nn

FILE = Path(__file__).with_name("braindecode_foundation.npz")
GAINS = {
    "gamma": 0.5, "embedding": 3.0, "token": 3.0, "qkv": 2.0, "to_q": 3.0, "to_k": 3.0,
    "final_layer": 0.5, "": 1.0,
}  # fmt: skip
SIZES = {"n_chans": 4, "n_outputs": 3}


def normalized(name, x):
    """Return windows as the authors of some models normalise them, which braindecode does not."""
    if name == "steegformer":
        x = (x - x.mean(axis=2, keepdims=True)) / x.std(axis=2, keepdims=True)
    if name == "biot":
        x = x / (np.quantile(np.abs(x), 0.95, axis=2, keepdims=True) + 1e-8)
    return torch.from_numpy(x.astype(np.float32))


def info(names):
    return [{"ch_name": name, "kind": "eeg", "loc": np.zeros(12)} for name in names]


if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    from braindecode import models

    cases = {
        "labram": (models.Labram(n_times=600, num_layers=2, use_mean_pooling=True, **SIZES), 600),
        "biot": (models.BIOT(n_times=600, num_layers=2, sfreq=200, **SIZES), 600),
        "cbramod": (models.CBraMod(n_times=400, n_layer=2, **SIZES), 400),
        "steegformer": (
            models.STEEGFormer(
                n_times=100, embed_dim=24, depth=2, num_heads=2, chan_pos_idx=[3, 0, 144, 7],
                **SIZES,
            ),
            100,
        ),
        "eegpt": (
            models.EEGPT(
                n_times=224, sfreq=256, embed_dim=24, depth=2, num_heads=2, embed_num=2,
                chan_proj_type="none", n_chans_target=4, n_outputs=3,
                chs_info=info(["CZ", "O2", "FP1", "PO6"]),
            ),
            224,
        ),
        "signal_jepa": (models.SignalJEPA_PreLocal(n_times=300, sfreq=128, **SIZES), 300),
    }  # fmt: skip
    arrays, meta = {}, {"source": "braindecode 1.8.1", "torch": torch.__version__}
    for seed, (name, (model, n_times)) in enumerate(cases.items()):
        state = model.state_dict()
        fixed = ("chans_id", "encoder.positional_encoding.pe")
        shapes = {key: list(value.shape) for key, value in state.items() if key not in fixed}
        seeded = {"seed": seed, "gains": GAINS, "shape_of_x": [3, 4, n_times]}
        weights, x = draw(shapes, **seeded)
        given = {key: torch.from_numpy(value) for key, value in weights.items()}
        model.load_state_dict(given, strict=False)
        with torch.no_grad():
            model.eval()
            key = "logits"
            if name == "cbramod":
                key = "features"
                model.proj_out = model.final_layer = nn.Identity()
            options = {"ch_names": ["C4", "FP1", "T3", "A2"]} if name == "labram" else {}
            arrays[f"{name}_{key}"] = model(normalized(name, x), **options).numpy()
        config = {k: v for k, v in model._hub_mixin_config.items() if isinstance(v, (int, float))}
        all_shapes = {key: list(value.shape) for key, value in state.items()}
        meta[name] = {"shapes": all_shapes, "drawn": shapes, "seeded": seeded, "config": config}
    np.savez_compressed(FILE, **arrays, meta_json=json.dumps(meta))
