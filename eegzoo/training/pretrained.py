"""Classifiers around models that are already trained."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.normalization import Normalizer
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.models.base import EEGModel
from eegzoo.training.saving import SavingMixin
from eegzoo.training.targets.targets import Classes
from eegzoo.weights.catalogue import find_weights
from eegzoo.weights.weights import Weights
from eegzoo.weights.zoo import load_weights


class PretrainedMixin(SavingMixin):
    """Mixin with constructors of fitted classifiers from trained weights and trained models."""

    set_params: Callable[..., Any]

    @classmethod
    def from_weights(
        cls,
        weights: str | Weights,
        *,
        unseen: str | Collection[str] | None = None,
        fit_on: Any = None,
        **parameters: Any,
    ) -> Self:
        """Return a fitted classifier with trained weights.

        It predicts from the epochs that ``find_weights(name).epochs(raw)`` returns, and checks
        their channels, sampling rate, window and unit. `fit` and `partial_fit` train the model
        further.

        Parameters
        ----------
        weights : str | Weights
            Name of trained weights (`eegzoo.list_weights`), or trained weights.
        unseen : str | collection of str | None
            Subjects that the weights must not have been trained on, as in `eegzoo.find_weights`.
        fit_on : mne.Epochs | EpochsDataset | array | None
            Windows for fitting the normalisation, if the weights were published without one.
        **parameters
            Parameters of `EEGClassifier` for further training.

        Returns
        -------
        EEGClassifier
            Fitted classifier.

        Raises
        ------
        ValueError
            If the name is unknown, or `fit_on` is required and None.

        Examples
        --------
        >>> classifier = eegzoo.training.EEGClassifier.from_weights("eegnet.ssvep_exo")
        >>> classifier.classes_.tolist(), classifier.model_.n_chans
        (['13hz', '17hz', '21hz', 'rest'], 8)
        """
        if isinstance(weights, str):
            weights = find_weights(weights, unseen=unseen)
        elif unseen is not None:
            raise ValueError(
                f"expected unseen with the name of weights, got it with Weights {weights.name!r}"
            )
        if isinstance(weights.source, Path):
            classifier = cls.load(weights.source)
            if fit_on is not None:
                classifier.normalizer_ = weights.normalizer(fit_on)
        else:
            classifier = cls.fitted(
                load_weights(weights), weights.metadata.labels, weights.normalizer(fit_on),
                signal_info=weights.signal, preprocessing=weights.preprocessing,
                amplitude=weights.metadata.amplitude,
            )  # fmt: skip
            classifier.card_ = weights.metadata
        classifier.set_params(**parameters)
        return classifier

    @classmethod
    def fitted(
        cls,
        model: EEGModel,
        classes: npt.ArrayLike,
        normalizer: Normalizer,
        *,
        signal_info: SignalInfo | None = None,
        preprocessing: Preprocessing | None = None,
        amplitude: float | None = None,
        n_crops: int = 1,
        n_times: int | None = None,
    ) -> Self:
        """Return a fitted classifier around a trained model.

        Parameters
        ----------
        model : EEGModel
            Trained model in evaluation mode.
        classes : array, shape (n_classes,)
            Labels of the model's outputs.
        normalizer : Normalizer
            Normalisation of the model's input.
        signal_info : SignalInfo | None
            Channels, sampling rate and window of the training epochs.
        preprocessing : Preprocessing | None
            Preprocessing of the training recordings.
        amplitude : float | None
            Robust amplitude of the training windows in microvolts.
        n_crops : int
            Number of evenly spaced crops of a window over which a prediction is averaged.
        n_times : int | None
            Number of samples in a window. None: the length of the model's input.

        Returns
        -------
        EEGClassifier
            Fitted classifier.
        """
        return cls._from_trained(
            model, Classes(np.asarray(classes)), normalizer, signal_info=signal_info,
            preprocessing=preprocessing, amplitude=amplitude, n_crops=n_crops, n_times=n_times,
        )  # fmt: skip
