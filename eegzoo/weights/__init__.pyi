from .benchmarks.neuralbench import NeuralBenchModel
from .benchmarks.open_eeg_bench import for_open_eeg_bench
from .card import Card, Metric, Origin, TrainingData
from .catalogue import find_weights, list_weights, names_of_folds, weights_in
from .foundation.braindecode import from_braindecode, to_braindecode
from .foundation.braindecode_hub import from_braindecode_hub
from .foundation.catalogue import find_foundation_weights, list_foundation_weights
from .foundation.checkpoints import FoundationWeights
from .hub import from_hub, push_to_hub
from .keras import from_keras
from .weights import Weights

__all__ = [
    "Card",
    "FoundationWeights",
    "Metric",
    "NeuralBenchModel",
    "Origin",
    "TrainingData",
    "Weights",
    "find_foundation_weights",
    "find_weights",
    "for_open_eeg_bench",
    "from_braindecode",
    "from_braindecode_hub",
    "from_hub",
    "from_keras",
    "list_foundation_weights",
    "list_weights",
    "names_of_folds",
    "push_to_hub",
    "to_braindecode",
    "weights_in",
]
