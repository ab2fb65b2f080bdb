from .comparing import Comparison, compare
from .decision import Decision, Latency
from .decision_rule import Command, DecisionRule
from .exported.onnx_streaming_classifier import OnnxStreamingClassifier
from .pseudo_online import choose_threshold, simulate
from .running_signal.causal_preprocessing import CausalPreprocessing
from .running_signal.causal_steps import causal_preprocessing
from .simulation import Simulation
from .sources.brainflow import BrainFlowSource
from .sources.lsl import DecisionOutlet, LSLSource
from .sources.playback import Playback
from .sources.source import Chunk, Source
from .streaming_classifier import StreamingClassifier

__all__ = [
    "BrainFlowSource",
    "CausalPreprocessing",
    "Chunk",
    "Command",
    "Comparison",
    "Decision",
    "DecisionOutlet",
    "DecisionRule",
    "LSLSource",
    "Latency",
    "OnnxStreamingClassifier",
    "Playback",
    "Simulation",
    "Source",
    "StreamingClassifier",
    "causal_preprocessing",
    "choose_threshold",
    "compare",
    "simulate",
]
