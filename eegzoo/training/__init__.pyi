from .augmentation.augmentations import AUGMENTATIONS
from .classifier import EEGClassifier
from .loop.history import History
from .recipe import RECIPES, Recipe
from .regressor import EEGRegressor
from .targets.focal_loss import FocalLoss

__all__ = [
    "AUGMENTATIONS",
    "RECIPES",
    "EEGClassifier",
    "EEGRegressor",
    "FocalLoss",
    "History",
    "Recipe",
]
