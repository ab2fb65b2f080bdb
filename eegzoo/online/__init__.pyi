from .causal_preprocessing import CausalPreprocessing, causal_preprocessing
from .decision import Decision, Latency
from .streaming_classifier import StreamingClassifier

__all__ = [
    "CausalPreprocessing",
    "Decision",
    "Latency",
    "StreamingClassifier",
    "causal_preprocessing",
]
