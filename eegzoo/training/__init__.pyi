from .adaptation.label_curve import LabelCurve, label_curve
from .adaptation.pseudo_labels import PseudoLabels
from .adaptation.record import Adaptation, AdaptationWarning
from .augmentation.augmentations import AUGMENTATIONS
from .calibration.abstention import Abstention
from .calibration.folds import CalibrationWarning
from .calibration.held_out import Calibration
from .classifier import EEGClassifier
from .inputs.allow_leakage import AllowLeakage
from .inputs.nights import NightSampler
from .inputs.stored.blocks import BlockSampler
from .loop.history import History
from .recipe import RECIPES, Recipe
from .regressor import EEGRegressor
from .targets.focal_loss import FocalLoss

__all__ = [
    "AUGMENTATIONS",
    "RECIPES",
    "Abstention",
    "Adaptation",
    "AdaptationWarning",
    "AllowLeakage",
    "BlockSampler",
    "Calibration",
    "CalibrationWarning",
    "EEGClassifier",
    "EEGRegressor",
    "FocalLoss",
    "History",
    "LabelCurve",
    "NightSampler",
    "PseudoLabels",
    "Recipe",
    "label_curve",
]
