from .causal_preprocessing import CausalPreprocessing, causal_preprocessing
from .comparing import Comparison, compare
from .decision import Decision, Latency
from .decision_rule import Command, DecisionRule
from .simulation import Simulation, choose_threshold, simulate
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
