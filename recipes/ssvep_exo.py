"""Train models of SSVEP in users of an exoskeleton (Kalunga et al., 2016): rest, 13, 17 or 21 Hz.

    python recipes/ssvep_exo.py --data ../shared/data/ssvep_exo --model eegnet

Each trial lasts 5 s; a session has 8 trials of each class.
"""

from __future__ import annotations

from pathlib import Path

from protocol import Recipe, baseline_metrics, run_from_command_line, settings_of

from eegzoo.data import EpochsDataset, Preprocessing
from eegzoo.reproduction import find_entries
from eegzoo.reproduction.catalogue import data_sources
from eegzoo.reproduction.recordings import ssvep_exo
from eegzoo.weights import Metric, TrainingData

# Amplitudes are stored a thousand times too large. The response to the flicker begins 1 s after the
# event; canonical correlations find none before.
PREPROCESSING = Preprocessing.from_dict(
    find_entries("eegnet.ssvep_exo")[0].parameters["preprocessing"]
)
MODELS = settings_of("eegnet.ssvep_exo", "shallow_convnet.ssvep_exo")
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
    baselines="flicker",
    n_draws=2,
)  # fmt: skip


def read(folder: Path) -> EpochsDataset:
    """Return the windows of all sessions, in the folder ``ssvep_exo``."""
    recordings = ssvep_exo.load(data_sources()["ssvep_exo"], folder.parent)
    return EpochsDataset.from_recordings(recordings, PREPROCESSING)


def baselines(dataset: EpochsDataset) -> list[Metric]:
    """Return the accuracy of methods that know the flicker frequencies, in the same folds."""
    return baseline_metrics(RECIPE, dataset)


if __name__ == "__main__":
    run_from_command_line(RECIPE, read)
