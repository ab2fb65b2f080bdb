from .causal_preprocessing import CausalPreprocessing, causal_preprocessing
from .comparing import Comparison, compare
from .decision import Decision, Latency
from .streaming_classifier import StreamingClassifier

__all__ = [
    "CausalPreprocessing",
    "Comparison",
    "Decision",
    "Latency",
    "StreamingClassifier",
    "causal_preprocessing",
    "compare",
]
