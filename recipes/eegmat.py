"""Train models of rest and mental arithmetic (Zyma et al., 2019).

    python recipes/eegmat.py --data ../shared/data/eegmat --model eegnet

One minute of each condition and subject is cut into windows of 4 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import mne
import numpy as np
from protocol import Array, Recipe, baseline_right, log_power, metric_of, run_from_command_line
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from eegzoo.data import Epoch, EpochsDataset, Filter, Preprocessing, Recording
from eegzoo.weights import Metric, TrainingData

SFREQ, SECONDS = 128.0, 4.0
LABELS = {"rest": "rest", "task": "arithmetic"}
PREPROCESSING = Preprocessing([Filter(1.0, 45.0), Epoch(0.0, SECONDS - 1 / SFREQ)])
BANDS = ((1.0, 4.0), (4.0, 8.0), (8.0, 13.0), (13.0, 30.0), (30.0, 45.0))
COMMON = {
    "normalize": "window", "crop_length": 256, "n_crops": 3, "batch_size": 64, "max_epochs": 15,
}  # fmt: skip
MODELS = {
    "eegnet": {"model_params": {"kernel_seconds": 0.25, "pool_lengths": (4, 32)}, **COMMON},
    "shallow_convnet": {"model_params": {"n_filters": 16}, **COMMON},
}
CITATION = (
    "Zyma, Tukaev, Seleznov, Kiyono, Popov, Chernykh, Shpenkov (2019), Electroencephalograms "
    "during mental arithmetic task performance, Data 4(1), 14, "
    "https://doi.org/10.3390/data4010014; Goldberger et al. (2000), PhysioBank, PhysioToolkit, "
    "and PhysioNet, Circulation 101(23), e215-e220, https://doi.org/10.1161/01.CIR.101.23.e215"
)
SUBJECTS = tuple(f"eegmat/{number:02d}" for number in range(24))
RECIPE = Recipe(
    path="recipes/eegmat.py",
    preprocessing=PREPROCESSING,
    models=MODELS,
    training=TrainingData(
        "PhysioNet EEG During Mental Arithmetic Tasks, the first 24 of 36 subjects",
        len(SUBJECTS), "ODC-By 1.0", CITATION, SUBJECTS,
    ),
    intended_use="4 s windows of rest or mental arithmetic in new subjects, 19 electrodes, 128 Hz; "
    "starting point for fine-tuning; research",
    not_for="medical decisions; grading workload or skill; other tasks. Rest and arithmetic are "
    "separate recordings, so drifts between them cannot be told from effects of the task",
    n_draws=1,
)  # fmt: skip


def read(folder: Path) -> EpochsDataset:
    """Return the windows of all recordings."""
    return EpochsDataset.from_recordings(recordings(folder), PREPROCESSING)


def recordings(folder: Path) -> Iterator[Recording]:
    """Yield one minute of rest and one of arithmetic for each subject, annotated by window."""
    with np.load(folder / "eegmat_60s_128hz_int16.npz") as stored:
        arrays = dict(stored)
    volts = float(arrays["scale_uv"]) * 1e-6
    info = mne.create_info(arrays["ch_names"].tolist(), float(arrays["sfreq"]), "eeg")
    for subject in arrays["subject"].tolist():
        for run_name, label in LABELS.items():
            raw = mne.io.RawArray(arrays[run_name][subject] * volts, info, verbose="ERROR")
            onsets = np.arange(0.0, raw.n_times / SFREQ, SECONDS)
            raw.set_annotations(mne.Annotations(onsets, SECONDS, label))
            yield Recording(raw, f"{subject:02d}", run=run_name, dataset="eegmat")


def baselines(dataset: EpochsDataset) -> list[Metric]:
    """Return the accuracy of classifiers of power in five bands, in the same folds."""
    regression = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    subjects, power = dataset.groups("subject"), log_power(dataset, BANDS)
    plain = baseline_right(regression, power, dataset)
    own = baseline_right(regression, z_scored(power, subjects), dataset)
    method = "logistic regression, one subject left out"
    scaled = "z-scored by subject (the left-out subject with its unlabelled windows)"
    return [
        metric_of(plain, subjects, f"baseline: band power and {method}"),
        metric_of(own, subjects, f"baseline: band power {scaled} and {method}"),
    ]


def z_scored(features: Array, subjects: Array) -> Array:
    """Return features scaled to mean 0 and variance 1 within each subject."""
    scored = np.empty_like(features)
    for subject in np.unique(subjects):
        own = features[subjects == subject]
        scored[subjects == subject] = (own - own.mean(axis=0)) / own.std(axis=0)
    return scored


if __name__ == "__main__":
    run_from_command_line(RECIPE, read, baselines)
