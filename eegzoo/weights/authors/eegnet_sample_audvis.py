"""EEGNet-8,2 on MNE's sample recording, by Lawhern et al."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references import eegnet
from eegzoo.weights.authors.authors_file import Array, authors_file
from eegzoo.weights.card import Metric, Origin, TrainingData, wilson

# Accuracy that the authors state for their example, on the last 72 of 288 windows.
_ACCURACY, _N_WINDOWS = 0.93, 72


def _state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return the state dict for microvolts; the authors feed volts times 1000."""
    state = eegnet.state_from(weights)
    state["front.temporal.weight"] *= 1e-3
    return state


_FILE = authors_file(
    "EEGNet-8-2-weights.h5",
    _state_from,
    architecture="eegnet_8_2",
    ch_names=[f"EEG {number:03d}" for number in range(1, 61)],
    n_times=151,
    sfreq=600.614990234375 / 4,
    tmax=1.0,
    bads="keep",  # the authors trained with all 60 channels
    steps=[{"step": "filter", "l_freq": 2.0, "h_freq": None, "method": "iir"}],
    arguments={"kernel_length": 32},
    normalization="none",
    labels=("aud_l", "aud_r", "vis_l", "vis_r"),
    training=TrainingData(
        "MNE's sample recording, filtered to 40 Hz", 1, "research use, as distributed by MNE",
        "Lawhern, Solon, Waytowich, Gordon, Hung, Lance (2018), EEGNet: a compact convolutional "
        "neural network for EEG-based brain-computer interfaces, J. Neural Eng. 15, 056013, "
        "https://doi.org/10.1088/1741-2552/aace8c", ("sample/sample",),
    ),
    split="trained on the first 144 of 288 windows; the epoch was chosen on the next 72",
    metrics=(
        Metric(
            "accuracy", _ACCURACY, "the last 72 windows, from the authors' example; not measured "
            "here", 1, _N_WINDOWS, wilson(_ACCURACY, _N_WINDOWS), "Wilson, over windows",
        ),
    ),
    origin=Origin(
        licence="CC0-1.0 / Apache-2.0",
        sha256="21d278cf0b5e987987911b588e39e355d255e47594f2c356bedfbbf0f88a839a",
        repository="vlawhern/arl-eegmodels",
        commit="4a512e503198db2010848813ead9afbf8cd54c97",
        path="examples/EEGNet-8-2-weights.h5",
    ),
    intended_use="example; the subject and session that it was trained on",
    not_for="other subjects; medical decisions",
    n_params=2_068,
)  # fmt: skip

FILES = {"eegnet.sample_audvis": _FILE}
