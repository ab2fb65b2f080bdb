from .files.reading_hypnograms import read_hypnogram
from .hypnogram import Hypnogram
from .inputs.derivations import Derivation, choose_derivations
from .pictures.hypnogram_picture import plot_hypnogram
from .sleep_statistics import SleepStatistics, sleep_statistics
from .stagers.load_stager import load_stager
from .stagers.stager import Stager
from .staging import stage
from .staging_nights import StagedNight, stage_nights
from .stream import SleepStream, StagedWindow

__all__ = [
    "Derivation",
    "Hypnogram",
    "SleepStatistics",
    "SleepStream",
    "StagedNight",
    "StagedWindow",
    "Stager",
    "choose_derivations",
    "load_stager",
    "plot_hypnogram",
    "read_hypnogram",
    "sleep_statistics",
    "stage",
    "stage_nights",
]
