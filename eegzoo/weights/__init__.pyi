from .card import Card, Metric, Origin, TrainingData
from .catalogue import find_weights, list_weights, names_of_folds, weights_in
from .hub import from_hub, push_to_hub
from .weights import Weights

__all__ = [
    "Card",
    "Metric",
    "Origin",
    "TrainingData",
    "Weights",
    "find_weights",
    "from_hub",
    "list_weights",
    "names_of_folds",
    "push_to_hub",
    "weights_in",
]
