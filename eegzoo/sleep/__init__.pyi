from .files.reading_hypnograms import read_hypnogram
from .hypnogram import Hypnogram
from .inputs.derivations import Derivation, choose_derivations
from .pictures.hypnogram_picture import plot_hypnogram
from .scorings.agreement import Agreement, agreement
from .scorings.night_agreement import NightAgreement, agreement_over_nights
from .scorings.scored_windows import ScoredWindows, compare_scorings, compare_staging, stages_at
from .sleep_statistics import SleepStatistics, sleep_statistics
from .stagers.load_stager import load_stager
from .stagers.stager import Stager
from .staging import stage
from .staging_nights import StagedNight, stage_nights
from .stream import SleepStream, StagedWindow

__all__ = [
    "Agreement",
    "Derivation",
    "Hypnogram",
    "NightAgreement",
    "ScoredWindows",
    "SleepStatistics",
    "SleepStream",
    "StagedNight",
    "StagedWindow",
    "Stager",
    "agreement",
    "agreement_over_nights",
    "choose_derivations",
    "compare_scorings",
    "compare_staging",
    "load_stager",
    "plot_hypnogram",
    "read_hypnogram",
    "sleep_statistics",
    "stage",
    "stage_nights",
    "stages_at",
]
