"""What is explained: windows, and an output of a fitted estimator for each of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from eegzoo.data.windows.estimator_inputs import as_inputs
from eegzoo.report.explanation.frozen_normalization import frozen_normalization
from eegzoo.report.known_signal import known_ch_names, known_sfreq
from eegzoo.training.estimator import EEGEstimator
from eegzoo.training.inputs.crops import even_crops
from eegzoo.training.targets.targets import Classes, LabelSets, Numbers

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class ExplainedOutputs:
    """Windows, and the output of a fitted estimator that is explained for each of them.

    Parameters
    ----------
    estimator : EEGClassifier | EEGRegressor
        Fitted estimator.
    windows : array of float32, shape (n_windows, n_chans, n_times)
        Windows in the unit of the estimator's input, microvolts for EEG.
    targets : array of int, shape (n_windows,)
        Index of the output that is explained.
    classes : array, shape (n_outputs,)
        Labels of the outputs.
    """

    estimator: EEGEstimator
    windows: npt.NDArray[np.float32]
    targets: npt.NDArray[np.int64]
    classes: Array

    @property
    def sfreq(self) -> float:
        """Sampling rate in Hz."""
        return known_sfreq(self.estimator)

    @property
    def ch_names(self) -> tuple[str, ...]:
        """Names of the channels; "channel 1" and so on if they are not known."""
        return known_ch_names(self.estimator)

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """Time of each sample in seconds relative to the event of a window."""
        info = self.estimator.signal_info_
        times: npt.NDArray[np.float64] = np.arange(self.windows.shape[-1]) / self.sfreq
        return times if info is None else times + info.tmin

    @property
    def unit(self) -> str:
        """Unit of the outputs."""
        return "unit of y" if isinstance(self.estimator.targets_, Numbers) else "logit"

    def computed(self, windows: Tensor, rows: Tensor) -> Tensor:
        """Return all outputs for changed windows, as the estimator computes them.

        Parameters
        ----------
        windows : Tensor, shape (batch, n_chans, n_times)
            Windows.
        rows : Tensor of int, shape (batch,)
            Ignored; the arguments are those of `differentiable`.

        Returns
        -------
        Tensor, shape (batch, n_outputs)
            Logits, averaged over the crops, or numbers in the unit of y.
        """
        normalized = self.estimator.normalizer_.transform(windows.numpy())
        with torch.inference_mode():
            return self._averaged(torch.as_tensor(normalized))

    def differentiable(self) -> Callable[[Tensor, Tensor], Tensor]:
        """Return the function `computed` with the normalisation of `frozen_normalization`."""
        normalize = frozen_normalization(self.estimator.normalizer_, self.windows)
        return lambda windows, rows: self._averaged(normalize(windows, rows))

    def _averaged(self, normalized: Tensor) -> Tensor:
        model, targets = self.estimator.model_, self.estimator.targets_
        weight = next(model.parameters())
        crops = even_crops(normalized, model.n_times, self.estimator.settings().n_crops)
        by_crop = model(crops.flatten(0, 1).to(weight.device, weight.dtype))
        outputs: Tensor = by_crop.unflatten(0, crops.shape[:2]).mean(1).float().cpu()
        if isinstance(targets, Numbers):
            scale, shift = (torch.as_tensor(v).float() for v in (targets.std, targets.mean))
            return outputs * scale + shift
        return outputs


def explained_outputs(estimator: EEGEstimator, X: Any, y: Any, target: Any) -> ExplainedOutputs:
    """Check windows and targets, and return what is to be explained.

    Parameters
    ----------
    estimator, X, y, target
        As in `eegzoo.report.explain`.
    """
    check_is_fitted(estimator, "model_")
    if estimator.is_sequential_:
        raise ValueError(
            "expected an estimator of single windows, got one that was trained on sequences, "
            "whose outputs depend on other windows as well"
        )
    inputs = as_inputs(X, estimator.signal_info_, estimator.check_signal)
    expected = (estimator.n_chans_, estimator.n_times_)
    if inputs.is_sequences or inputs.window_shape != expected:
        raise ValueError(
            f"expected X of shape (n_windows, {expected[0]}, {expected[1]}), "
            f"got {tuple(inputs.X.shape)}"
        )
    if len(inputs.X) == 0:
        raise ValueError("expected X to hold at least one window, got none")
    inputs.check_amplitude(None, estimator.amplitude_, estimator.check_signal)
    estimator.model_.eval()
    windows = np.ascontiguousarray(np.asarray(inputs.X[:]), dtype=np.float32)
    outputs = ExplainedOutputs(estimator, windows, np.zeros(len(windows), int), np.array([]))
    classes = _names(estimator.targets_)
    targets = _targets(outputs, y, target, classes)
    return dataclasses.replace(outputs, targets=targets, classes=classes)


def row_batches(n_rows: int, size: int = 64) -> Iterator[Tensor]:
    """Yield the indices of rows in batches.

    Examples
    --------
    >>> [rows.tolist() for rows in row_batches(5, size=2)]
    [[0, 1], [2, 3], [4]]
    """
    for start in range(0, n_rows, size):
        yield torch.arange(start, min(start + size, n_rows))


def _names(targets: Any) -> Array:
    """Return the labels of the outputs."""
    if isinstance(targets, Classes):
        return np.asarray(targets.classes)
    return np.arange(targets.n_outputs)


def _targets(
    outputs: ExplainedOutputs, y: Any, target: Any, classes: Array
) -> npt.NDArray[np.int64]:
    """Return the index of the output to explain for each window."""
    n_windows, kind = len(outputs.windows), outputs.estimator.targets_
    if y is not None and target is not None:
        raise ValueError("expected y or target, got both")
    if target is None and not isinstance(kind, Classes):
        if len(classes) > 1:
            what = "label" if isinstance(kind, LabelSets) else "target"
            raise ValueError(
                f"expected target to be one of the {len(classes)} columns of y, because the "
                f"estimator has more than one {what}; got None"
            )
        return np.zeros(n_windows, np.int64)
    if target is not None:
        labels: Sequence[Any] | Array = [target] * n_windows
    elif y is None:
        every = torch.from_numpy(outputs.windows)
        parts = [outputs.computed(every[rows], rows).argmax(1) for rows in row_batches(n_windows)]
        return torch.cat(parts).numpy()
    else:
        labels = np.asarray(y)
    if np.shape(labels) != (n_windows,):
        raise ValueError(f"expected y of shape ({n_windows},), got {np.shape(labels)}")
    places = {label: i for i, label in enumerate(classes.tolist())}
    plain = np.asarray(labels).tolist()
    unknown = sorted({str(label) for label in plain if label not in places})
    if unknown:
        name = "y" if target is None else "target"
        raise ValueError(f"expected {name} among {classes.tolist()}, got {', '.join(unknown)}")
    return np.array([places[label] for label in plain], np.int64)
