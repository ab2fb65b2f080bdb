"""Small seeded weights of foundation models, in the place of fetched ones."""

import dataclasses
from types import SimpleNamespace

import torch

from eegzoo import create_model, find_weights
from eegzoo.weights import Weights

SMALL = {
    "labram": {"n_filters": 4, "depth": 2, "n_heads": 2, "ch_names": ("C3", "Cz", "C4")},
    "biot": {"embed_dim": 16, "depth": 1, "n_heads": 2, "ch_names": ("FP1-F7", "F7-T7", "T7-P7")},
    "cbramod": {"n_filters": 5, "depth": 1, "n_heads": 2, "mean_pool": True},
    "steegformer": {"embed_dim": 16, "depth": 2, "n_heads": 2, "ch_names": ("C3", "Cz", "C4")},
}


def small_weights(architecture, n_outputs=2, **changes):
    """Return trained weights whose model is built here."""
    torch.manual_seed(0)
    sfreq = 128.0 if architecture == "steegformer" else 200.0
    arguments = {
        "n_chans": 3, "n_times": round(2 * sfreq), "n_outputs": n_outputs, "sfreq": sfreq,
        **SMALL[architecture], **changes,
    }  # fmt: skip
    model = create_model(architecture, **arguments).eval()
    signal = {
        "ch_names": ["C3", "Cz", "C4"], "sfreq": sfreq, "n_times": round(2 * sfreq), "tmin": 0.0,
        "unit": "uV",
    }  # fmt: skip
    card = dataclasses.replace(
        find_weights("eegnet.ssvep_exo").metadata,
        architecture=architecture, arguments=arguments, signal=signal, labels=("left", "right"),
    )  # fmt: skip
    return Weights(f"{architecture}.small", card, SimpleNamespace(load=lambda: model))
