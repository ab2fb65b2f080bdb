"""What a fit is given: windows, targets and weights that fit each other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from eegzoo.data.signal import amplitude
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.data.windows.estimator_inputs import Inputs, as_inputs
from eegzoo.models.base import EEGModel
from eegzoo.models.sequence_models import RecurrentModel
from eegzoo.training.inputs.crops import TrainingSet
from eegzoo.training.inputs.validation_split import groups_of
from eegzoo.training.model_building import check_sequences, signal_of
from eegzoo.training.targets.targets import Targets
from eegzoo.training.targets.window_weights import as_mask, window_weights

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Given:
    """Windows, or sequences of windows, with what is known of each.

    Parameters
    ----------
    inputs : Inputs
        The windows.
    y : array, shape (n, ...)
        Targets as the user has them.
    weight : array, shape (n,) or (n, n_windows)
        How much each window counts.
    mask : array of bool, shape (n, n_windows) | None
        Which windows of sequences count.
    groups : array, shape (n,) | None
        What validation keeps apart.
    amplitude : float | None
        Robust amplitude in microvolts.
    """

    inputs: Inputs
    y: Array
    weight: npt.NDArray[np.float32]
    mask: Mask | None
    groups: Array | None = None
    amplitude: float | None = None

    def subset(self, chosen: npt.NDArray[np.int64]) -> Given:
        """Return some of the rows."""
        return dataclasses.replace(
            self,
            inputs=self.inputs.subset(chosen),
            y=self.y[chosen],
            weight=self.weight[chosen],
            mask=None if self.mask is None else self.mask[chosen],
            groups=None if self.groups is None else self.groups[chosen],
        )

    def with_y_elsewhere(self, target: Any) -> Given:
        """Return the same with a target where windows do not count: there y may be anything."""
        counts = self.weight > 0
        if counts.all():
            return self
        counts = counts.reshape(*counts.shape, *[1] * (self.y.ndim - counts.ndim))
        return dataclasses.replace(self, y=np.where(counts, self.y, target))

    def training_set(
        self, targets: Targets, normalize: Callable[[Array], Array], module: EEGModel
    ) -> TrainingSet:
        """Return what the loop takes."""
        X = self.inputs.mapped(normalize)
        lengths = lengths_of(self.mask, module)
        if lengths is not None:  # mixup would blend padding into other sequences
            present = np.arange(X.shape[1]) < lengths.numpy()[:, None]
            X = np.where(present[..., None, None], np.asarray(X), np.float32(0))
        return TrainingSet(
            torch.from_numpy(X) if isinstance(X, np.ndarray) else X,
            targets.encode(self.y),
            torch.from_numpy(self.weight),
            lengths,
        )


def checked(
    model: str | EEGModel,
    X: Any,
    y: Any,
    groups: Any,
    sample_weight: Any,
    mask: Any,
    check_signal: str,
    signal: SignalInfo | None = None,
) -> Given:
    """Return what a fit is given, without windows of weight 0.

    Parameters
    ----------
    model : str | EEGModel
        What will be trained.
    X, y, groups, sample_weight, mask
        As in `EEGEstimator.fit`.
    check_signal : {"raise", "warn", "ignore"}
        As in `EEGClassifier`.
    signal : SignalInfo | None
        What the windows shall be. None: what a given model takes.

    Raises
    ------
    ValueError
        If they do not fit each other or the model.
    """
    inputs = as_inputs(X, signal)
    signal = signal_of(model, inputs.info) if signal is None else None
    inputs = inputs if signal is None else as_inputs(X, signal)
    if inputs.is_sequences:
        check_sequences(model)
    shape = inputs.X.shape[:-2]
    counting = as_mask(mask, shape)
    labels = inputs.labels if y is None else np.asarray(y)
    if labels is None:
        raise ValueError(
            "expected y with arrays, got None: the fit requires y to be passed, but the target y "
            "is None"
        )
    if labels.shape[: len(shape)] != shape or labels.ndim > len(shape) + 1:
        raise ValueError(f"expected y of shape {shape}, got {labels.shape}")
    weight = window_weights(sample_weight, counting, shape)
    known = None if groups is None else groups_of(inputs, groups)
    given = Given(inputs, labels, weight, counting, known)
    counts = weight.any(axis=tuple(range(1, weight.ndim)))
    if not counts.all():
        given = given.subset(np.flatnonzero(counts))
    # What follows knows nothing of windows of weight 0.
    typical = amplitude.check_amplitude(given.inputs.windows(given.mask), how=check_signal)
    known = groups_of(given.inputs, None) if groups is None else given.groups
    return dataclasses.replace(given, amplitude=typical, groups=known)


def lengths_of(mask: Mask | None, module: EEGModel) -> torch.Tensor | None:
    """Return how many windows of each sequence there are up to the last one that counts.

    None: all, or the model does not take lengths.
    """
    if mask is None or not isinstance(module, RecurrentModel):
        return None
    return torch.from_numpy(mask.shape[1] - mask[:, ::-1].argmax(axis=1))
