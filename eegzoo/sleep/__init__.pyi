from .agreement import Agreement, agreement
from .derivations import Derivation, choose_derivations
from .hypnogram import Hypnogram
from .night_agreement import NightAgreement, agreement_over_nights
from .reading_hypnograms import read_hypnogram
from .scored_windows import ScoredWindows, compare_scorings, compare_staging, stages_at
from .sleep_statistics import SleepStatistics, sleep_statistics
from .staging import stage

__all__ = [
    "Agreement",
    "Derivation",
    "Hypnogram",
    "NightAgreement",
    "ScoredWindows",
    "SleepStatistics",
    "agreement",
    "agreement_over_nights",
    "choose_derivations",
    "compare_scorings",
    "compare_staging",
    "read_hypnogram",
    "sleep_statistics",
    "stage",
    "stages_at",
]
