from .files.reading_hypnograms import read_hypnogram
from .hypnogram import Hypnogram
from .hypnogram_picture import plot_hypnogram, save_picture
from .inputs.derivations import Derivation, choose_derivations
from .sleep_statistics import SleepStatistics, sleep_statistics
from .staging import stage
from .staging_nights import StagedNight, stage_nights

__all__ = [
    "Derivation",
    "Hypnogram",
    "SleepStatistics",
    "StagedNight",
    "choose_derivations",
    "plot_hypnogram",
    "read_hypnogram",
    "save_picture",
    "sleep_statistics",
    "stage",
    "stage_nights",
]
