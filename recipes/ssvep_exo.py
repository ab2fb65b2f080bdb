"""Train models of SSVEP in users of an exoskeleton (Kalunga et al., 2016): rest, 13, 17 or 21 Hz.

    python recipes/ssvep_exo.py --data ../shared/data/ssvep_exo --model eegnet

Each trial lasts 5 s; a session has 8 trials of each class.
"""

from __future__ import annotations

import re
from pathlib import Path

import mne
import numpy as np
from protocol import Array, Recipe, baseline_right, log_power, metric_of, run_from_command_line
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Filter,
    Preprocessing,
    Recording,
    Resample,
    Scale,
    read_recording,
)  # fmt: skip
from eegzoo.weights import Metric, TrainingData

CODES = {1: "rest", 2: "13hz", 3: "21hz", 4: "17hz"}
FREQUENCIES = {"13hz": 13.0, "17hz": 17.0, "21hz": 21.0}
SFREQ = 128.0
# Amplitudes are stored a thousand times too large. The response to the flicker begins 1 s after the
# event; canonical correlations find none before.
PREPROCESSING = Preprocessing(
    [Scale(1e-3), Filter(8.0, 45.0), Resample(SFREQ), Epoch(1.0, 5.0 - 1 / SFREQ)]
)
COMMON = {"crop_length": 256, "n_crops": 5, "batch_size": 16}
MODELS = {
    "eegnet": {
        "normalize": "whiten", "max_epochs": 40, "model_params": {"drop_prob": 0.25}, **COMMON,
    },
    "shallow_convnet": {
        # Amplitudes differ threefold between subjects, and the model squares them.
        "normalize": "window",
        "max_epochs": 30,
        "model_params": {
            "n_filters": 16, "kernel_length": 64, "pool_length": 64, "pool_stride": 32,
        },
        **COMMON,
    },
}  # fmt: skip
CITATION = (
    "Kalunga, Chevallier, Barthélemy, Djouani, Monacelli, Hamam (2016), Online SSVEP-based BCI "
    "using Riemannian geometry, Neurocomputing 191, https://doi.org/10.1016/j.neucom.2016.01.007"
)
SUBJECTS = tuple(f"ssvep_exo/{number:02d}" for number in range(1, 7))
RECIPE = Recipe(
    path="recipes/ssvep_exo.py",
    preprocessing=PREPROCESSING,
    models=MODELS,
    training=TrainingData(
        "SSVEP exoskeleton, Kalunga et al., the first 6 of 12 subjects",
        len(SUBJECTS), "CC0 1.0", CITATION, SUBJECTS,
    ),
    intended_use="flicker at 13, 17 or 21 Hz or rest, 1 to 5 s from the event, with 8 occipital "
    "electrodes; starting point for fine-tuning on a new subject; research",
    not_for="medical decisions; other frequencies; moving a person without further safety; rest "
    "other than at the start of a session, where all rest in the training data is",
    n_draws=2,
)  # fmt: skip


def read(folder: Path) -> EpochsDataset:
    """Return the windows of all sessions."""
    return EpochsDataset.from_recordings(
        map(recording, sorted(folder.glob("*_raw.fif"))), PREPROCESSING
    )


def recording(path: Path) -> Recording:
    """Return a session with its events as annotations."""
    found = re.fullmatch(r"sub-(\d+)_ses-(\w+)_raw", path.stem)
    if found is None:
        raise ValueError(f"expected sub-NUMBER_ses-TIME_raw.fif, got {path.name}")
    raw = read_recording(path)
    events = mne.read_events(path.with_name(path.name.replace("_raw", "-eve")), verbose="ERROR")
    annotations = mne.annotations_from_events(
        events, raw.info["sfreq"], CODES, raw.first_samp, raw.info["meas_date"], verbose="ERROR"
    )
    raw.set_annotations(annotations, verbose="ERROR")
    return Recording(raw, found[1], found[2], dataset="ssvep_exo")


def baselines(dataset: EpochsDataset) -> list[Metric]:
    """Return the accuracy of classical methods in the same folds, and without training."""
    lda = make_pipeline(StandardScaler(), LinearDiscriminantAnalysis("lsqr", "auto"))
    subjects, flicker = dataset.groups("subject"), dataset.labels != "rest"
    centres = [harmonic * freq for harmonic in (1, 2) for freq in FREQUENCIES.values()]
    bands = [(centre - 0.5, centre + 0.5) for centre in centres]
    power = baseline_right(lda, log_power(dataset, bands), dataset)
    correlations = canonical_correlations(np.asarray(dataset.X))
    on_correlations = baseline_right(lda, correlations, dataset)
    free = np.array(list(FREQUENCIES))[correlations.argmax(axis=1)] == dataset.labels
    return [
        metric_of(power, subjects, "baseline: band power and LDA, one subject left out"),
        metric_of(on_correlations, subjects, "baseline: CCA and LDA, one subject left out"),
        metric_of(
            free[flicker], subjects[flicker], "baseline: CCA on the three frequencies alone, "
            "without training",
        ),
    ]  # fmt: skip


def canonical_correlations(X: Array) -> Array:
    """Return each window's largest canonical correlation with each frequency and its harmonic.

    It is the largest singular value of the product of two orthonormal bases.
    """
    t = np.arange(X.shape[2]) / SFREQ
    columns = []
    basis = np.linalg.qr((X - X.mean(axis=2, keepdims=True)).transpose(0, 2, 1))[0]
    for freq in FREQUENCIES.values():
        phases = 2 * np.pi * freq * np.outer(t, (1, 2))
        waves = np.linalg.qr(np.concatenate([np.sin(phases), np.cos(phases)], axis=1))[0]
        columns.append(np.linalg.svd(basis.transpose(0, 2, 1) @ waves)[1][:, 0])
    return np.stack(columns, axis=1)


if __name__ == "__main__":
    run_from_command_line(RECIPE, read, baselines)
