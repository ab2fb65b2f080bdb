from .augmentation.augmentations import AUGMENTATIONS
from .classifier import EEGClassifier
from .inputs.allow_leakage import AllowLeakage
from .inputs.nights import NightSampler
from .loop.history import History
from .recipe import RECIPES, Recipe
from .regressor import EEGRegressor
from .targets.focal_loss import FocalLoss

__all__ = [
    "AUGMENTATIONS",
    "RECIPES",
    "AllowLeakage",
    "EEGClassifier",
    "EEGRegressor",
    "FocalLoss",
    "History",
    "NightSampler",
    "Recipe",
]
