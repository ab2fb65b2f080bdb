"""Trained weights, each with all that is known of it."""

from eegzoo.models.weights.adaptation import load_adapted
from eegzoo.models.weights.card import Card, Metric, Origin, TrainingData
from eegzoo.models.weights.catalogue import find_weights, list_weights, names_of_folds, weights_in
from eegzoo.models.weights.hub import from_hub, push_to_hub
from eegzoo.models.weights.weights import Weights

__all__ = [
    "Card",
    "Metric",
    "Origin",
    "TrainingData",
    "Weights",
    "find_weights",
    "from_hub",
    "list_weights",
    "load_adapted",
    "names_of_folds",
    "push_to_hub",
    "weights_in",
]
