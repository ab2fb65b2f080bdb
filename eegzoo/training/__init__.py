"""Training: scikit-learn's contract around the models."""

from eegzoo.training.estimator import EEGClassifier
from eegzoo.training.normalization import Normalizer, fit_normalizer

__all__ = ["EEGClassifier", "Normalizer", "fit_normalizer"]
