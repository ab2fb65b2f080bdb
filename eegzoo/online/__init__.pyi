from .comparing import Comparison, compare
from .decision import Decision, Latency
from .decision_rule import Command, DecisionRule
from .pseudo_online import choose_threshold, simulate
from .running_signal.causal_preprocessing import CausalPreprocessing, causal_preprocessing
from .simulation import Simulation
from .streaming_classifier import StreamingClassifier

__all__ = [
    "CausalPreprocessing",
    "Command",
    "Comparison",
    "Decision",
    "DecisionRule",
    "Latency",
    "Simulation",
    "StreamingClassifier",
    "causal_preprocessing",
    "choose_threshold",
    "compare",
    "simulate",
]
