"""Make braindecode_compact.npz: ``python make_braindecode_compact.py``.

It contains the logits of braindecode's compact models with seeded weights, and the names and shapes
of their weights. Requires ``torch==2.13.0`` and ``braindecode==1.8.1`` with what it imports.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import torch
from package import draw

FILE = Path(__file__).with_name("braindecode_compact.npz")
SIZES = {"n_chans": 8, "n_times": 384, "n_outputs": 3, "sfreq": 128}
KINDS = {
    "shallow_convnet": ("ShallowFBCSPNet", {}),
    "deep_convnet": ("Deep4Net", {"n_times": 512}),
    "eegnet": ("EEGNet", {}),
    "eegconformer": ("EEGConformer", {"n_filters_time": 20}),
    "eeginception_erp": ("EEGInceptionERP", {"n_times": 128}),
    "bdtcn": ("BDTCN", {"n_filters": 10, "kernel_size": 4, "n_times": 100}),
    "eegitnet": ("EEGITNet", {"n_filters_time": 1, "kernel_length": 9, "tcn_in_channel": 7}),
    "tidnet": ("TIDNet", {"t_filters": 6, "s_growth": 4, "n_times": 160}),
    "sparcnet": ("SPARCNet", {"growth_rate": 6, "block_layers": 3, "n_times": 100}),
}
# Norms of kernels, which torch's weight normalisation calls "original0".
GAINS = {"weight0": 6.0, "": 1.0}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    from braindecode import models

    arrays, meta = {}, {"source": "braindecode 1.8.1", "torch": torch.__version__}
    for seed, (name, (kind, changes)) in enumerate(KINDS.items()):
        arguments = {**SIZES, **changes}
        model = getattr(models, kind)(**arguments).eval()
        state = model.state_dict()
        shapes = {
            key: list(value.shape) for key, value in state.items() if "num_batches" not in key
        }
        seeded = {
            "seed": seed, "gains": GAINS, "shape_of_x": [3, 8, arguments["n_times"]],
            "scale_of_x": 2.0,
        }  # fmt: skip
        # "original" is how a constrained weight is called.
        renamed = {
            key.replace(".parametrizations.weight.original", ".weight"): key for key in shapes
        }
        drawn = {short: shapes[key] for short, key in renamed.items()}
        weights, x = draw(drawn, **seeded)
        given = {renamed[short]: torch.from_numpy(value) for short, value in weights.items()}
        model.load_state_dict({**state, **given})
        with torch.no_grad():
            arrays[f"{name}_logits"] = model(torch.from_numpy(x)).numpy()
        config = {k: v for k, v in model._hub_mixin_config.items() if isinstance(v, (int, float))}
        meta[name] = {
            "shapes": {key: list(value.shape) for key, value in state.items()},
            "drawn": drawn, "renamed": renamed, "seeded": seeded, "config": config,
            "sizes": {key: arguments[key] for key in SIZES},
        }  # fmt: skip
    np.savez_compressed(FILE, **arrays, meta_json=json.dumps(meta))
