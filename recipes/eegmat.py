"""Train models of rest and mental arithmetic (Zyma et al., 2019).

    python recipes/eegmat.py --data ../shared/data/eegmat --model eegnet

One minute of each condition and subject is cut into windows of 4 s.
"""

from __future__ import annotations

from pathlib import Path

from protocol import Recipe, baseline_metrics, run_from_command_line, settings_of

from eegzoo.data import EpochsDataset, Preprocessing
from eegzoo.reproduction import find_entries
from eegzoo.reproduction.catalogue import data_sources
from eegzoo.reproduction.recordings import eegmat
from eegzoo.weights import Metric, TrainingData

PREPROCESSING = Preprocessing.from_dict(
    find_entries("eegnet.eegmat")[0].parameters["preprocessing"]
)
MODELS = settings_of("eegnet.eegmat", "shallow_convnet.eegmat")
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
    baselines="band power",
    n_draws=1,
)  # fmt: skip


def read(folder: Path) -> EpochsDataset:
    """Return the windows of all recordings, in the folder ``eegmat``."""
    recordings = eegmat.load(data_sources()["eegmat"], folder.parent)
    return EpochsDataset.from_recordings(recordings, PREPROCESSING)


def baselines(dataset: EpochsDataset) -> list[Metric]:
    """Return the accuracy of classifiers of power in five bands, in the same folds."""
    return baseline_metrics(RECIPE, dataset)


if __name__ == "__main__":
    run_from_command_line(RECIPE, read)
