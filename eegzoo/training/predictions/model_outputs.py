"""Outputs and features of the model for windows, checked, aligned and normalised."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy.typing as npt
import torch
from sklearn.utils.validation import check_is_fitted

from eegzoo.arguments import positive_int
from eegzoo.data.preprocessing.normalization import Normalizer
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.data.windows.estimator_inputs import Inputs, as_inputs
from eegzoo.data.windows.torch_datasets import check_in_order
from eegzoo.models.base import EEGModel
from eegzoo.models.sequence_models import SequenceModel
from eegzoo.training.along_recordings import outputs_along_recordings
from eegzoo.training.inputs.fit_data import sequence_lengths
from eegzoo.training.model_building import check_sfreq
from eegzoo.training.prediction import compute_outputs
from eegzoo.training.recipe import Recipe
from eegzoo.training.targets.targets import Targets
from eegzoo.training.targets.window_weights import as_mask

Array = npt.NDArray[Any]


class ModelOutputs:
    """Mixin of the estimators: the way from windows to outputs of the model."""

    model_: EEGModel
    normalizer_: Normalizer
    signal_info_: SignalInfo | None
    amplitude_: float | None
    targets_: Targets
    n_chans_: int
    n_times_: int
    is_sequential_: bool
    check_signal: str
    settings: Callable[[], Recipe]
    _aligned: Callable[[Inputs, Any, Any], Inputs]
    _outputs_by_person: Callable[..., torch.Tensor]

    def transform(self, X: Any, *, batch_size: int = 64, groups: Any = None) -> Array:
        """Return the features that the model's head classifies or regresses on.

        Parameters
        ----------
        X : mne.Epochs | Dataset | DataLoader | array, shape (n_windows, n_chans, n_times)
            Windows, or sequences of windows, as in `predict`.
        batch_size : int
            Number of windows that are computed at once.
        groups : array, shape (n_windows,) | str | None
            Person of each window, as in `EEGClassifier.predict_proba`.

        Returns
        -------
        array, shape (n_windows, num_features) or (n_sequences, n_windows, num_features)
            Features, averaged over the crops of a window.
        """
        check_is_fitted(self, "model_")
        return self._outputs(X, None, batch_size, groups, features=True).numpy()

    def _outputs(
        self,
        X: Any,
        mask: Any = None,
        batch_size: int = 64,
        groups: Any = None,
        features: bool = False,
        scaled: bool = True,
    ) -> torch.Tensor:
        """Check windows, and return the outputs or features of the model for them.

        Outputs are divided by the temperature of the calibration, unless not `scaled`.
        """
        check_is_fitted(self, "model_")
        check_in_order(X)
        inputs = as_inputs(X, self.signal_info_, self.check_signal)
        if inputs.info is not None and self.signal_info_ is None:
            check_sfreq(self.model_, inputs.info)
        self._check_window(inputs)
        mask = as_mask(mask, inputs.X.shape[:-2])
        inputs.check_amplitude(mask, self.amplitude_, self.check_signal)
        inputs = self._aligned(inputs, groups, mask)
        model, normalize = self.model_.eval(), self.normalizer_.transform
        compute = model.features if features else model
        finish = self._scaled if scaled and not features else _unchanged
        if self.is_sequential_ and not inputs.is_sequences:
            return finish(outputs_along_recordings(model, inputs, normalize, compute))
        average = _mean_over_crops if features else self.targets_.average_crops
        batch_size = positive_int("batch_size", batch_size)

        def outputs_of(model: EEGModel, inputs: Inputs) -> torch.Tensor:
            return compute_outputs(
                model, inputs.X, average, self.settings().n_crops, sequence_lengths(mask, model),
                lambda windows: dataclasses.replace(inputs, X=windows).mapped(normalize),
                batch_size, model.features if features else model,
            )  # fmt: skip

        return finish(self._outputs_by_person(inputs, groups, outputs_of))

    def _scaled(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs

    def _check_window(self, inputs: Inputs) -> None:
        fits = inputs.window_shape == (self.n_chans_, self.n_times_)
        if not fits or (inputs.is_sequences and not isinstance(self.model_, SequenceModel)):
            raise ValueError(
                f"expected X of shape (n_windows, {self.n_chans_}, {self.n_times_}), "
                f"got {inputs.X.shape}"
            )


def _mean_over_crops(features: torch.Tensor) -> torch.Tensor:
    return features.mean(dim=1)


def _unchanged(outputs: torch.Tensor) -> torch.Tensor:
    return outputs
