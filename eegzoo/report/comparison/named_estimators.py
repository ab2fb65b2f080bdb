"""Estimators of a comparison, by names with or without a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from eegzoo.models.saving import load_model, read_metadata
from eegzoo.training.classifier import EEGClassifier
from eegzoo.training.finetuning.pretrained_model import is_weights
from eegzoo.weights.catalogue import weights_in

# Recipes of models that are named without one.
PRETRAINED, NEW = "finetune", "small"


def named_estimator(given: str, **parameters: Any) -> EEGClassifier:
    """Return an untrained classifier for the name of a model, which a recipe can follow.

    Parameters
    ----------
    given : str
        Name of a model or of weights, or a file of a trained model, such as "eegnet",
        "labram.base@linear_probe" or "mine.safetensors". Without a recipe, new models get "small",
        weights and files "finetune".
    **parameters : Any
        Parameters of `EEGClassifier`.

    Raises
    ------
    ValueError
        If the model or the recipe is unknown.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> named_estimator("eegnet").recipe, named_estimator("labram.base").recipe
    ('small', 'finetune')
    >>> named_estimator("eegnet@plain", random_state=0).get_params()["recipe"]
    'plain'
    """
    name, _, recipe = given.partition("@")
    recipe = recipe or (PRETRAINED if is_weights(name) else NEW)
    model = _model_in(Path(name)) if name.endswith(".safetensors") else name
    estimator = EEGClassifier(model, recipe=recipe, **parameters)
    estimator.check_parameters()
    return estimator


def is_pretrained(given: str) -> bool:
    """Return whether a name is that of weights or of a file of a trained model.

    Examples
    --------
    >>> [is_pretrained(name) for name in ("eegnet@plain", "eegnet.eegmat", "mine.safetensors")]
    [False, True, True]
    """
    return is_weights(given.partition("@")[0])


def _model_in(path: Path) -> Any:
    """Return the weights in a file with a card, or the model in another file."""
    return weights_in(path) if "card" in read_metadata(path)["extra"] else load_model(path)
