"""Make robustsleepnet_torch.npz with the authors' code: ``python make_robustsleepnet.py FOLDER``.

Requires Dreem-Organization/RobustSleepNet at commit c8ff3f6f857299eb2bf2e9400483084d5ecd4106 and
``torch==2.13.0``. The network is that of the authors' published weights.
"""

from unittest import mock

import torch
from package import import_from_arguments
from torch_run import make

NORMALIZATION = [
    {"type": "clip_and_scale", "args": {"min_value": -20, "max_value": 20}},
    {
        "type": "spectrogram",
        "args": {
            "logpower": True, "window_duration": 2, "window_overlap": 1, "fs": 60, "clamp": 1e-20,
        },
    },
    {"type": "standardize_online", "args": {}},
]  # fmt: skip
NET = {
    "n_class": 5,
    "output_mode": "many",
    "encoders": {
        "eeg": {
            "type": "RobustSleepEncoder",
            "args": {
                "hidden_layers": 64, "filter_dim": 32, "dropout": 0.5, "bidir": True,
                "context_size": 30, "n_virtual_channels": 4,
            },
        }
    },
    "reducers": {
        "eeg": {"type": "AttentionWithReduction", "args": {"context_size": 25, "output_dim": 50}}
    },
    "sequence_encoder": {
        "type": "ResidualGRUSequenceEncoder",
        "args": {"cells": 50, "dropout": 0.5, "bidir": True, "layers": 2},
    },
}  # fmt: skip


def logits_of(model, x):
    """Return logits of all windows; the authors' casts to float32 become casts to x's dtype."""
    with mock.patch.object(torch.Tensor, "float", lambda tensor: tensor.to(x.dtype)):
        return model({"signals": {"eeg": x}})[0]


if __name__ == "__main__":
    import_from_arguments(unused=("tqdm",))
    from robust_sleep_net.models.modulo_net.net import ModuloNet

    groups = {"eeg": {"fs": 60, "padding": 900, "shape": [1800, 3], "window_length": 1800}}
    normalization = {"signals": [{"name": "eeg", "normalization": NORMALIZATION}], "features": []}
    model = ModuloNet(groups, {}, normalization, NET)
    meta = {"source": "Dreem-Organization/RobustSleepNet c8ff3f6 ModuloNet"}
    seeded = {"seed": 11, "gains": {"bias_": 0.1, "": 1.0}, "shape_of_x": (2, 5, 3, 1800)}
    make("robustsleepnet_torch.npz", model, meta, logits_of=logits_of, **seeded)
