"""Stagers by the names of their weights."""

from __future__ import annotations

import os
from pathlib import Path

from eegzoo.models.chambon2018 import Chambon2018
from eegzoo.models.robustsleepnet import RobustSleepNet
from eegzoo.models.spectrogram_models import SpectrogramModel
from eegzoo.models.tinysleepnet import TinySleepNet
from eegzoo.sleep.stagers.classifier import ClassifierStager
from eegzoo.sleep.stagers.physioex import ChambonStager, SpectrogramStager, TinySleepNetStager
from eegzoo.sleep.stagers.robustsleepnet import RobustSleepNetStager
from eegzoo.sleep.stagers.stager import Stager
from eegzoo.weights.catalogue import find_weights, list_weights
from eegzoo.weights.zoo import load_weights

MEAN_OF_ALL = "robustsleepnet"


def load_stager(name_or_path: str | os.PathLike[str] = MEAN_OF_ALL) -> Stager:
    """Return a stager with trained weights, which are fetched if necessary.

    Parameters
    ----------
    name_or_path : str | path-like
        "robustsleepnet" for the mean of the seven RobustSleepNets; the name of weights for sleep
        (``eegzoo.list_weights(task="sleep")``); or a file that `EEGClassifier.save` wrote with its
        preprocessing.

    Returns
    -------
    Stager
        Stager, which takes signals at any sampling rate.

    Raises
    ------
    ValueError
        If the name is unknown, or the file does not hold a classifier of the five stages.
    FileNotFoundError
        If there is no such file.
    OSError
        If the weights cannot be fetched.

    Examples
    --------
    >>> load_stager("robustsleepnet.meso")
    Traceback (most recent call last):
        ...
    ValueError: unknown weights 'robustsleepnet.meso'; did you mean 'robustsleepnet.mesa'?
    """
    name = os.fspath(name_or_path)
    if name == MEAN_OF_ALL:
        return RobustSleepNetStager(name, [_load(each) for each in list_weights(f"{name}.*")])  # type: ignore[misc]
    if _is_path(name):
        return ClassifierStager.load(name)
    weights = find_weights(name)
    model = load_weights(weights)
    if isinstance(model, RobustSleepNet):
        # Alone, a network loses by spectra in another scale than those of its training.
        return RobustSleepNetStager(name, [model], lengths=(21,), stride=3, exact=True)
    if isinstance(model, SpectrogramModel):
        return SpectrogramStager(name, model)
    if isinstance(model, Chambon2018):
        return ChambonStager(name, model)
    if isinstance(model, TinySleepNet) and name.startswith("tinysleepnet.physioex"):
        return TinySleepNetStager(name, model)
    return ClassifierStager.from_weights(weights)


def _load(name: str) -> object:
    return load_weights(find_weights(name))


def _is_path(name: str) -> bool:
    return name.endswith(".safetensors") or Path(name).is_file()
