"""Fitted classifiers, and their probabilities without checks."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from eegzoo.models.optimization import optimize_for_inference
from eegzoo.training.classifier import EEGClassifier
from eegzoo.training.prediction import compute_outputs

Array = npt.NDArray[np.float64]


def fitted_classifier(classifier: EEGClassifier | str | os.PathLike[str]) -> EEGClassifier:
    """Return a fitted classifier from a name, a file or itself."""
    if isinstance(classifier, EEGClassifier):
        check_is_fitted(classifier, "model_")
    elif isinstance(classifier, Path) or Path(classifier).suffix == ".safetensors":
        classifier = EEGClassifier.load(classifier)
    else:
        classifier = EEGClassifier.from_weights(str(classifier))
    if classifier.is_sequential_:
        raise ValueError(
            "expected a classifier of single windows, got one of sequences; for sleep, use "
            "eegzoo.sleep.SleepStream"
        )
    return classifier


def probabilities_of(classifier: EEGClassifier) -> Callable[[Array], Any]:
    """Return a function from windows in microvolts to probabilities, without checks."""
    model: Any = optimize_for_inference(classifier.model_)
    average, n_crops = classifier.targets_.average_crops, classifier.settings().n_crops
    normalize = classifier.normalizer_.transform

    def compute(X: Array) -> Any:
        outputs = compute_outputs(model, X, average, n_crops, None, normalize)
        return classifier.targets_.predictions(outputs)

    return compute
