"""Networks of sleep stages that physioex trained on several sets of nights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eegzoo.models.references import chambon2018, seqsleepnet, sleeptransformer
from eegzoo.models.references.torch_layout import rename
from eegzoo.weights.authors.authors_file import Array, AuthorsFile, StateFrom, authors_file
from eegzoo.weights.authors.torch_file import read_lightning_state
from eegzoo.weights.card import Metric, Origin, TrainingData

STAGES = ("W", "N1", "N2", "N3", "R")
_CHANNELS = {"EEG": ("C4-M1",), "EEG-EOG-EMG": ("C4-M1", "E1-M2", "Chin1-Chin2")}
_CITATION = (
    "Gagliardi, Alfeo, Cimino, Valenza, De Vos (2025), PhysioEx, a new Python library for "
    "explainable sleep staging through deep learning, Physiol. Meas., "
    "https://doi.org/10.1088/1361-6579/adaf73"
)
# physioex's names of TinySleepNet's modules, and ours.
_TINY = {"feature_extractor.cnn.0.1": "first.0", "feature_extractor.cnn.0.2": "first.1"}
for _block in range(3):
    _TINY[f"feature_extractor.cnn.{_block + 4}.1"] = f"blocks.{_block}.0"
    _TINY[f"feature_extractor.cnn.{_block + 4}.2"] = f"blocks.{_block}.1"
_TINY["clf.clf"] = "head"


def tinysleepnet_state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the weights of physioex's TinySleepNet by name.

    Its LSTM is torch's: without peepholes, and with a forget bias that is learnt from zero.
    """
    bias = weights["clf.rnn.bias_ih_l0"] + weights["clf.rnn.bias_hh_l0"]
    hidden = len(bias) // 4
    bias[hidden : 2 * hidden] -= 1.0  # ours adds it
    absent = np.zeros(hidden, bias.dtype)
    lstm = {
        "weight_ih": weights["clf.rnn.weight_ih_l0"], "weight_hh": weights["clf.rnn.weight_hh_l0"],
        "bias": bias, "peephole_i": absent, "peephole_f": absent, "peephole_o": absent,
    }  # fmt: skip
    state = rename(weights, _TINY)
    return state | {f"lstm.{name}": torch.from_numpy(value) for name, value in lstm.items()}


_STATE_FROM: Mapping[str, StateFrom] = {
    "chambon2018": chambon2018.state_from, "seqsleepnet": seqsleepnet.state_from,
    "sleeptransformer": sleeptransformer.state_from, "tinysleepnet": tinysleepnet_state_from,
}  # fmt: skip


def _file(
    architecture: str,
    file: str,
    n_params: int,
    reported: float,
    *,
    sha256: str = "",
    git_blob: str = "",
    n_right: int | None = None,
    note: str = "",
    **options: Any,
) -> AuthorsFile:
    """Return a checkpoint; `n_right` windows of DREAMS are staged right, None if not measured."""
    channels = "EEG-EOG-EMG" if "EOG" in file else "EEG"
    ch_names = _CHANNELS[channels]
    if n_right is None:
        metric = Metric(
            "accuracy", reported, "physioex's own test recordings, from the name of the file", None,
            None, (reported - 5e-4, reported + 5e-4), "rounding of the published figure",
        )  # fmt: skip
    else:
        metric = Metric.share(
            n_right, 480, "DREAMS spindles, one central channel, by eegzoo.sleep.load_stager, "
            "measured here; never trained on", n_subjects=8,
        )  # fmt: skip
    return authors_file(
        file,
        _STATE_FROM[architecture],
        read_lightning_state,
        architecture=architecture,
        ch_names=ch_names,
        n_times=3000,
        sfreq=100.0,
        steps=[
            {"step": "pick", "ch_names": ch_names},
            {"step": "filter", "l_freq": 0.3, "h_freq": 40.0},
            {"step": "resample", "sfreq": 100.0},
        ],
        labels=STAGES,
        training=TrainingData(
            "physioex's sets: NSRR (SHHS, MESA, MrOS, WSC), MASS, HMC, DCSM", None,
            "see the terms of each set", _CITATION,
        ),
        split=f"accuracy {reported:.3f} on physioex's own test recordings, from the file's name"
        f"{note}",
        metrics=(metric,),
        origin=Origin(
            licence="MIT",
            sha256=sha256,
            repository="guidogagl/physioex",
            commit="24d4974b408a7351b7d8c010a12ee9b2f037ab6c",
            path=f"physioex/train/models/backup/{file}",
            git_blob=git_blob,
        ),
        intended_use=f"sleep staging of adults' nights from {channels.replace('-', ', ')} by "
        "eegzoo.sleep; starting point for fine-tuning; research",
        n_params=n_params,
        **options,
    )  # fmt: skip


_SPECTRA: dict[str, Any] = {
    "normalization": "none",
    "not_for": "medical decisions; a model whose fit_spectra was not called, because physioex "
    "did not publish the statistics of its spectra",
}
_SIGNAL: dict[str, Any] = {
    "normalization": "standardize",
    "not_for": "medical decisions; signals divided by their own standard deviation, because "
    "physioex divided all by one number, which it did not publish: near 30 microvolts",
}
_NEVER_LOADED = (
    "; this file is too large to be kept for eegzoo's tests: its loader was proved on files of the "
    "same layout, and this file was never loaded there"
)
FILES = {
    "seqsleepnet.physioex": _file(
        "seqsleepnet", "seqsleepnet-EEG-L=21-test_acc=0.864.ckpt", 133_605, 0.864,
        sha256="31ba275153f61df9f282bbe7d0ce28dde4a8228fd79dfac0112878379e99b888", n_right=340,
        **_SPECTRA,
    ),
    "seqsleepnet.physioex_eeg_eog_emg": _file(
        "seqsleepnet", "seqsleepnet-EEG-EOG-EMG-L=21-test_acc=0.877.ckpt", 174_629, 0.877,
        sha256="36e0833fa38539dbbc966674f2f16690dae738d6ec324d5812b07ec4eb65bdb2", **_SPECTRA,
    ),
    "chambon2018.physioex": _file(
        "chambon2018", "chambon-EEG-L=21-test_acc=0.843.ckpt", 17_901, 0.843,
        sha256="0c513a89c38e5d698820b5b624d84b926fa2cdd36c2a4850d5fa5cfc2b9f8eb4", n_right=319,
        **_SIGNAL,
    ),
    "chambon2018.physioex_eeg_eog_emg": _file(
        "chambon2018", "chambon-EEG-EOG-EMG-L=21-test_acc=0.867.ckpt", 46_473, 0.867,
        sha256="46bcd4095e316b8c0b3ffd8c05f393149dc08419d5e27e4e5a7171c674bc4988", **_SIGNAL,
    ),
    "sleeptransformer.physioex": _file(
        "sleeptransformer", "sleeptransformer-EEG-L=21-test_acc=0.867.ckpt", 2_656_133, 0.867,
        git_blob="221930ddd92e7dd34b5c83361033afcf396de83c", note=_NEVER_LOADED, **_SPECTRA,
    ),
    "tinysleepnet.physioex": _file(
        "tinysleepnet", "tiny-EEG-L=21-test_acc=0.871.ckpt", 1_516_293, 0.871,
        git_blob="f423707f340aacf401489610db0d48ce8325c051", note=_NEVER_LOADED, **_SIGNAL,
    ),
    "tinysleepnet.physioex_eeg_eog_emg": _file(
        "tinysleepnet", "tiny-EEG-EOG-EMG-L=21-test_acc=0.885.ckpt", 1_529_093, 0.885,
        git_blob="cda933bb1d036ee430cc3fa21120979949d94ee9", note=_NEVER_LOADED, **_SIGNAL,
    ),
}  # fmt: skip
