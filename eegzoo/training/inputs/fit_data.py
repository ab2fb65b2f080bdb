"""Data of a fit: windows, targets, weights and groups of matching shapes."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from eegzoo.data.preprocessing.normalization import Normalizer
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.data.windows.estimator_inputs import Inputs, as_inputs
from eegzoo.data.windows.lazy_windows import Windows
from eegzoo.data.windows.torch_datasets import DatasetWindows
from eegzoo.models.base import EEGModel
from eegzoo.training.inputs.nights import NightSampler
from eegzoo.training.inputs.people import people_of
from eegzoo.training.inputs.runs import runs_along_recordings
from eegzoo.training.inputs.training_set import TrainingSet
from eegzoo.training.inputs.validation_split import validation_groups
from eegzoo.training.model_building import (
    ModelSource,
    check_carries_state,
    check_takes_sequences,
    resolve_sfreq,
    signal_for,
)
from eegzoo.training.targets.targets import Targets
from eegzoo.training.targets.window_weights import as_mask, window_weights

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class FitData:
    """Windows, or sequences of windows, with their targets, weights and groups.

    Parameters
    ----------
    inputs : Inputs
        Windows.
    y : array, shape (n, ...)
        Targets as the user gave them.
    weight : array, shape (n,) or (n, n_windows)
        Weight of each window in the loss.
    mask : array of bool, shape (n, n_windows) | None
        True for the windows of sequences that count.
    groups : array, shape (n,) | None
        Groups that validation keeps together.
    amplitude : float | None
        Robust amplitude of the windows in microvolts.
    people : array, shape (n,) | None
        Person of each row, by whose windows it is aligned; None: all are of one.
    """

    inputs: Inputs
    y: Array
    weight: npt.NDArray[np.float32]
    mask: Mask | None
    groups: Array | None = None
    amplitude: float | None = None
    people: Array | None = None

    def subset(self, chosen: npt.NDArray[np.int64]) -> FitData:
        """Return the rows with the given indices."""
        return dataclasses.replace(
            self,
            inputs=self.inputs.subset(chosen),
            y=self.y[chosen],
            weight=self.weight[chosen],
            mask=None if self.mask is None else self.mask[chosen],
            groups=None if self.groups is None else self.groups[chosen],
            people=None if self.people is None else self.people[chosen],
        )

    def with_inputs(self, inputs: Inputs) -> FitData:
        """Return a copy with other windows of the same rows."""
        return dataclasses.replace(self, inputs=inputs)

    def with_placeholder(self, target: Any) -> FitData:
        """Return a copy with `target` for all windows of weight 0, whose y may be invalid."""
        counts = self.weight > 0
        if counts.all():
            return self
        counts = counts.reshape(*counts.shape, *[1] * (self.y.ndim - counts.ndim))
        return dataclasses.replace(self, y=np.where(counts, self.y, target))

    def training_set(
        self,
        targets: Targets,
        normalizer: Normalizer,
        module: EEGModel,
        sampler: NightSampler | None = None,
    ) -> TrainingSet:
        """Return the normalised windows and encoded targets for the training loop.

        With a sampler, windows are single, and their runs along recordings are known.
        """
        X = self.inputs.mapped(normalizer.transform)
        if sampler is not None:
            return self._nights(targets, X, module)
        lengths = sequence_lengths(self.mask, module)
        if lengths is not None:  # otherwise mixup would add padding to other sequences
            present = np.arange(X.shape[1]) < lengths.numpy()[:, None]
            X = np.where(present[..., None, None], np.asarray(X), np.float32(0))
        return TrainingSet(
            torch.from_numpy(X) if isinstance(X, np.ndarray) else X,
            targets.encode(self.y),
            torch.from_numpy(self.weight),
            lengths,
            None
            if self.people is None
            else torch.from_numpy(np.unique(self.people, return_inverse=True)[1]),
        )

    def _nights(self, targets: Targets, X: Array | Windows, module: EEGModel) -> TrainingSet:
        check_carries_state(module)
        if not self.inputs.is_sequences:
            runs = runs_along_recordings(self.inputs)
            y, weight = self.y, self.weight
        else:
            n_windows = X.shape[1]
            known = np.ones(X.shape[:2], bool) if self.mask is None else self.mask
            lengths = n_windows - known[:, ::-1].argmax(axis=1)
            runs = [n_windows * row + np.arange(n) for row, n in enumerate(lengths)]
            X = np.asarray(X).reshape(-1, *X.shape[2:])
            y, weight = self.y.reshape(-1, *self.y.shape[2:]), self.weight.reshape(-1)
        return TrainingSet(
            torch.from_numpy(X) if isinstance(X, np.ndarray) else X,
            targets.encode(y),
            torch.from_numpy(weight),
            runs=tuple(torch.from_numpy(run) for run in runs),
        )


def as_fit_data(
    model: ModelSource,
    X: Any,
    y: Any,
    groups: Any,
    sample_weight: Any,
    mask: Any,
    check_signal: str,
    *,
    sfreq: float | None = None,
    signal: SignalInfo | None = None,
    sampler: NightSampler | None = None,
) -> FitData:
    """Check the arguments of a fit, and return them without the windows of weight 0.

    Parameters
    ----------
    model : str | nn.Module | type
        As in `EEGClassifier`.
    X, y, groups, sample_weight, mask
        As in `EEGEstimator.fit`.
    check_signal : {"raise", "warn", "ignore"}
        As in `EEGClassifier`.
    sfreq : float | None
        As in `EEGClassifier`.
    signal : SignalInfo | None
        Signal that the windows are aligned to. None: the channels of a given model, if any.
    sampler : NightSampler | None
        As in `EEGClassifier`. With one, windows of weight 0 stay, as the context of others in their
        recording.

    Raises
    ------
    ValueError
        If the arguments do not fit each other or the model.
    """
    inputs = as_inputs(X, signal, check_signal)
    if isinstance(model, str):
        resolve_sfreq(inputs.info, sfreq)
    elif isinstance(model, EEGModel) and signal is None and inputs.info is not None:
        inputs = as_inputs(X, signal_for(model, inputs.info))
    if inputs.is_sequences:
        check_takes_sequences(model)
    shape = inputs.X.shape[:-2]
    mask, y = as_mask(mask, shape), targets_of(inputs, y)
    weight = window_weights(sample_weight, mask, shape)
    data = FitData(inputs, y, weight, mask, people=people_of(inputs, groups))
    if groups is not None:
        data = dataclasses.replace(data, groups=validation_groups(inputs, groups))
    counts = weight.any(axis=tuple(range(1, weight.ndim)))
    used = data if counts.all() else data.subset(np.flatnonzero(counts))
    if sampler is None:
        data = used
    # The amplitude and the default groups must not depend on windows of weight 0.
    return dataclasses.replace(
        data,
        amplitude=used.inputs.check_amplitude(used.mask, None, check_signal),
        groups=validation_groups(data.inputs, None) if groups is None else data.groups,
    )


def targets_of(inputs: Inputs, y: Any) -> Array:
    """Return the targets of windows: `y`, or if it is None those of epochs or a data set.

    Raises
    ------
    ValueError
        If there are none, or their shape does not fit the windows.
    """
    targets = inputs.labels if y is None else np.asarray(y)
    if targets is None and isinstance(inputs.X, DatasetWindows):
        targets = inputs.X.read_targets()
    if targets is None:
        kind = "windows without targets" if isinstance(inputs.X, DatasetWindows) else "arrays"
        raise ValueError(
            f"expected y with {kind}, got None: the estimator requires y to be passed, but the "
            "target y is None"
        )
    shape = inputs.X.shape[:-2]
    if targets.shape[: len(shape)] != shape or targets.ndim > len(shape) + 1:
        raise ValueError(f"expected y of shape {shape}, got {targets.shape}")
    return targets


def sequence_lengths(mask: Mask | None, module: EEGModel) -> torch.Tensor | None:
    """Return the number of windows in each sequence up to the last one that counts.

    None: all windows.

    Raises
    ------
    ValueError
        If windows follow the last one that counts, and the model's ``forward`` takes no lengths.
    """
    if mask is None:
        return None
    lengths = mask.shape[1] - mask[:, ::-1].argmax(axis=1)
    if "lengths" in inspect.signature(module.forward).parameters:
        return torch.from_numpy(lengths)
    n_padded = np.count_nonzero(lengths < mask.shape[1])
    if n_padded:
        raise ValueError(
            "expected a model whose forward takes lengths, so that padding has no influence, got "
            f"{type(module).__name__} and {n_padded} sequences that end with windows that do not "
            "count"
        )
    return None
