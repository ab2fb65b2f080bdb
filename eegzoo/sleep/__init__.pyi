from .agreement import Agreement, agreement
from .night_agreement import NightAgreement, agreement_over_nights
from .scored_windows import ScoredWindows, compare_scorings, compare_staging, stages_at

__all__ = [
    "Agreement",
    "NightAgreement",
    "ScoredWindows",
    "agreement",
    "agreement_over_nights",
    "compare_scorings",
    "compare_staging",
    "stages_at",
]
