from .hypnogram import Hypnogram
from .reading_hypnograms import read_hypnogram
from .sleep_statistics import SleepStatistics, sleep_statistics

__all__ = ["Hypnogram", "SleepStatistics", "read_hypnogram", "sleep_statistics"]
