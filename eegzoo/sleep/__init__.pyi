from .derivations import Derivation, choose_derivations
from .hypnogram import Hypnogram
from .reading_hypnograms import read_hypnogram
from .sleep_statistics import SleepStatistics, sleep_statistics
from .staging import stage

__all__ = [
    "Derivation",
    "Hypnogram",
    "SleepStatistics",
    "choose_derivations",
    "read_hypnogram",
    "sleep_statistics",
    "stage",
]
