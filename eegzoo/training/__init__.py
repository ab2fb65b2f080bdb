"""Training: scikit-learn's contract around the models."""

from eegzoo.training.augmentations import AUGMENTATIONS
from eegzoo.training.classifier import EEGClassifier
from eegzoo.training.history import History
from eegzoo.training.normalization import Normalizer, fit_normalizer
from eegzoo.training.recipe import RECIPES, Recipe
from eegzoo.training.regressor import EEGRegressor

__all__ = [
    "AUGMENTATIONS",
    "RECIPES",
    "EEGClassifier",
    "EEGRegressor",
    "History",
    "Normalizer",
    "Recipe",
    "fit_normalizer",
]
