"""Predictions and scores of a classifier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch.nn.functional as F
from sklearn.metrics import accuracy_score
from torch import Tensor

from eegzoo.training.targets.targets import LabelSets, Targets

Array = npt.NDArray[Any]


class ClassPredictions:
    """Mixin of `EEGClassifier`: what it predicts from the model's outputs, and the score."""

    classes_: Array
    targets_: Targets
    _outputs: Callable[..., Tensor]
    _score_arrays: Callable[..., tuple[Array, Array, Array]]

    def predict_proba(
        self,
        X: Any,
        mask: npt.ArrayLike | None = None,
        *,
        batch_size: int = 64,
        groups: Any = None,
    ) -> Array:
        """Return the probability of each class.

        Parameters
        ----------
        X : mne.Epochs | Dataset | DataLoader | array, shape (n_windows, n_chans, n_times)
            Windows, or sequences of windows as in `fit`. The channels of epochs are matched by
            name. Arrays are in microvolts, with the channels in the order of training. A model
            that was trained on sequences runs along the recordings of epochs and data sets; a gap
            between windows begins a new sequence.
        mask : array of bool, shape (n_sequences, n_windows) | None
            False for the windows of sequences that are padding.
        batch_size : int
            Number of windows that are computed at once.
        groups : array, shape (n_windows,) | str | None
            Person of each window, or a column of the data set's metadata, for a classifier with
            `align`; others ignore it. None: the subjects of the data set; without them, all windows
            are taken to be of one person.

        Returns
        -------
        array, shape (n_windows, n_classes) or (n_sequences, n_windows, n_classes)
            Probabilities, in the order of ``classes_``.

        Raises
        ------
        ValueError
            If channels are missing, or the sampling rate or the window differs from training; with
            `align`, if a person has fewer than two windows.
        """
        outputs = self._outputs(X, mask, batch_size, groups)
        return self.targets_.predictions(outputs)

    def predict_log_proba(
        self,
        X: Any,
        mask: npt.ArrayLike | None = None,
        *,
        batch_size: int = 64,
        groups: Any = None,
    ) -> Array:
        """Return the logarithm of each class's probability, computed without its underflow.

        Parameters and shape are those of `predict_proba`.
        """
        outputs = self._outputs(X, mask, batch_size, groups)
        if isinstance(self.targets_, LabelSets):
            return F.logsigmoid(outputs).numpy()
        return outputs.log_softmax(dim=-1).numpy()

    def decision_function(
        self,
        X: Any,
        mask: npt.ArrayLike | None = None,
        *,
        batch_size: int = 64,
        groups: Any = None,
    ) -> Array:
        """Return the model's logits; for two classes, the log-odds of the second.

        Parameters are those of `predict_proba`.

        Returns
        -------
        array, shape (n_windows,) or (n_windows, n_classes)
            Positive values favour a class or a label. Sequences have an additional first axis.
        """
        outputs = self._outputs(X, mask, batch_size, groups)
        if isinstance(self.targets_, LabelSets) or outputs.shape[-1] != 2:
            return outputs.numpy()
        return (outputs[..., 1] - outputs[..., 0]).numpy()

    def predict(
        self,
        X: Any,
        mask: npt.ArrayLike | None = None,
        *,
        batch_size: int = 64,
        groups: Any = None,
    ) -> Array:
        """Return the most probable label of each window, or an indicator of the probable labels.

        Parameters are those of `predict_proba`. Labels of an indicator have a probability above
        0.5.
        """
        probabilities = self.predict_proba(X, mask, batch_size=batch_size, groups=groups)
        if isinstance(self.targets_, LabelSets):
            return (probabilities > 0.5).astype(np.int64)
        labels: Array = self.classes_[probabilities.argmax(axis=-1)]
        return labels

    def score(
        self,
        X: Any,
        y: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
        groups: Any = None,
    ) -> float:
        """Return the accuracy of `predict`. Parameters are those of `fit`.

        Raises
        ------
        ValueError
            If a window that counts has a label that the classifier was not trained on.
        """
        true, predicted, weight = self._score_arrays(X, y, sample_weight, mask, groups)
        if not isinstance(self.targets_, LabelSets):
            unknown = np.setdiff1d(true, self.classes_)
            if unknown.size:
                raise ValueError(
                    f"expected labels {self.classes_.tolist()}, got {unknown.tolist()}, which the "
                    "classifier was not trained on"
                )
        return float(accuracy_score(true, predicted, sample_weight=weight))
