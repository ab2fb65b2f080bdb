"""What classifiers and regressors of EEG share: parameters, checks, the fit."""

from __future__ import annotations

import abc
import copy
import dataclasses
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from eegzoo.data.preprocessing.normalization import fit_normalizer
from eegzoo.data.signal import amplitude
from eegzoo.data.windows.estimator_inputs import Inputs, as_inputs
from eegzoo.models.base import EEGModel
from eegzoo.models.sequence_models import SequenceModel
from eegzoo.training.inputs.fit_data import Given, checked, lengths_of
from eegzoo.training.inputs.validation_split import hold_out
from eegzoo.training.loop.history import History
from eegzoo.training.loop.train import train, train_pass
from eegzoo.training.model_building import (
    build_for,
    check_sfreq,
)
from eegzoo.training.parallel.processes import from_main, present_world
from eegzoo.training.parameters import Parameters
from eegzoo.training.prediction import outputs_of
from eegzoo.training.recipe import Recipe
from eegzoo.training.saving import Persistence
from eegzoo.training.targets.targets import Targets
from eegzoo.training.targets.window_weights import as_mask, window_weights

Array = npt.NDArray[Any]


class EEGEstimator(Persistence, Parameters, abc.ABC):
    """Base of `EEGClassifier`, which says what the parameters are, and `EEGRegressor`."""

    model_: EEGModel
    targets_: Targets

    def fit(
        self,
        X: Any,
        y: npt.ArrayLike | None = None,
        groups: Any = None,
        sample_weight: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
    ) -> Self:
        """Train on windows.

        Parameters
        ----------
        X : mne.Epochs | EpochsDataset | array, shape (n_windows, n_chans, n_times)
            Windows; arrays in microvolts. Or, for models that look along a recording, sequences:
            array, shape (n_sequences, n_windows, n_chans, n_times).
        y : array, shape (n_windows,) or (n_sequences, n_windows) | None
            Target of each window; those of several targets have an axis more. None: the names in
            the ``event_id`` of epochs.
        groups : array, shape (n_windows,) | str | None
            What `validation` keeps apart; or a column of a data set's metadata. None: its
            subjects, if there are several, else its sessions or recordings.
        sample_weight : array, shape (n_windows,) or (n_sequences, n_windows) | None
            How much each window counts; one of 0 is as if it were not there.
        mask : array of bool, shape (n_sequences, n_windows) | None
            Which windows of sequences count; the others are padding or not scored.

        Returns
        -------
        self
            Fitted. If a fit fails, it stays as it was before.

        Raises
        ------
        ValueError
            If there are NaN, shapes that do not fit, or targets that cannot be learnt; with a
            given model, if its channels are missing or it is for another sampling rate; if the
            loss is not finite in the first epoch.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            If a loss is not finite later on; the weights of the epoch before are kept.
        """
        recipe = self.check_parameters()
        given = self._given(X, y, groups, sample_weight, mask)
        targets, given = self._targets_of(given)
        seed = from_main(present_world(), check_random_state(self.random_state).randint(2**31))
        sides = hold_out(recipe.validation, given.y, given.groups, seed, self._is_stratified(given))
        kept = None if sides is None else given.subset(sides[1])
        given = given if sides is None else given.subset(sides[0])
        # The generators of the caller are left as they were.
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            module, crop_length = self._built(given, targets, recipe)
            normalizer = fit_normalizer(given.inputs.windows(given.mask), recipe.normalize)
            data = given.training_set(targets, normalizer.transform, module)
            history = train(
                module, data, targets, recipe, self._machine(),
                crop_length=crop_length, layer_decay=self.layer_decay, seed=seed,
                validation=None if kept is None else kept.training_set(
                    targets, normalizer.transform, module
                ),
            )  # fmt: skip
        self.normalizer_, self.history_ = normalizer, history
        self._remember(given, targets, module)
        self._seed, self._n_passes = seed, 0
        self._optimizer: dict[str, Any] | None = None
        return self

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, mask: Any, classes: Any) -> Self:
        recipe = self.check_parameters()
        module: EEGModel | None = None
        optimizer: dict[str, Any] | None = None
        if hasattr(self, "model_"):
            given = self._given(X, y, None, sample_weight, mask, self.signal_info_)
            self._check_window(given.inputs)
            targets, given = self._targets_of(given, self.targets_)
            module, normalizer = copy.deepcopy(self.model_), self.normalizer_
            seed = getattr(self, "_seed", 0)  # a loaded one has none
            n_passes = getattr(self, "_n_passes", 0)
            # A step changes it in place, also in a call that fails.
            optimizer = copy.deepcopy(getattr(self, "_optimizer", None))
        else:
            given = self._given(X, y, None, sample_weight, mask)
            targets, given = self._targets_of(given, classes=classes)
            normalizer = fit_normalizer(given.inputs.windows(given.mask), recipe.normalize)
            seed, n_passes = check_random_state(self.random_state).randint(2**31), 0
        with torch.random.fork_rng():
            if module is None:
                torch.manual_seed(seed)
                module, _ = self._built(given, targets, recipe)
            history, optimizer = train_pass(
                module, given.training_set(targets, normalizer.transform, module), targets,
                recipe, self._machine(), crop_length=module.n_times,
                layer_decay=self.layer_decay, seed=seed, n_passes=n_passes, optimizer=optimizer,
            )  # fmt: skip
        if not hasattr(self, "model_"):
            self.normalizer_, self.history_ = normalizer, history
            self._remember(given, targets, module)
        else:
            self.model_ = module.eval()
            past = getattr(self, "history_", ())
            self.history_ = History([*past, *({**row, "epoch": len(past) + 1} for row in history)])
        self._seed, self._n_passes, self._optimizer = seed, n_passes + 1, optimizer
        return self

    def _outputs(self, X: Any, mask: Any = None) -> torch.Tensor:
        """Return the model's outputs for windows, after all checks."""
        check_is_fitted(self, "model_")
        inputs = as_inputs(X, self.signal_info_)
        if inputs.info is not None and self.signal_info_ is None:
            check_sfreq(self.model_, inputs.info)
        self._check_window(inputs)
        counting = as_mask(mask, inputs.X.shape[:-2])
        amplitude.check_amplitude(inputs.windows(counting), self.amplitude_, self.check_signal)
        lengths = lengths_of(counting, self.model_)
        n_crops = self.settings().n_crops
        return outputs_of(
            self.model_, inputs.X, self.targets_, n_crops, lengths,
            lambda windows: dataclasses.replace(inputs, X=windows).mapped(
                self.normalizer_.transform
            ),
        )  # fmt: skip

    def _scored(self, X: Any, y: Any, sample_weight: Any, mask: Any) -> tuple[Array, Array, Array]:
        """Return targets, predictions and weights of the windows that count."""
        inputs = as_inputs(X, getattr(self, "signal_info_", None))
        labels = inputs.labels if y is None else np.asarray(y)
        if labels is None:
            raise ValueError("expected y with arrays, got None")
        shape = inputs.X.shape[:-2]
        if labels.shape[: len(shape)] != shape:
            raise ValueError(f"expected y of shape {shape}, got {labels.shape}")
        weight = window_weights(sample_weight, as_mask(mask, shape), shape)
        counts = weight > 0
        return labels[counts], self.predict(X, mask)[counts], weight[counts]

    @abc.abstractmethod
    def predict(self, X: Any, mask: Any = None) -> Array:
        """Return what is predicted for each window."""

    @abc.abstractmethod
    def _targets_of(
        self, given: Given, known: Targets | None = None, classes: Any = None
    ) -> tuple[Targets, Given]:
        """Return what is learnt, and what was given with all weights, or raise."""

    def _is_stratified(self, given: Given) -> bool:
        """Tell whether a validation shall have the labels in the same shares."""
        return False

    def _given(
        self, X: Any, y: Any, groups: Any, sample_weight: Any, mask: Any, signal: Any = None
    ) -> Given:
        return checked(self.model, X, y, groups, sample_weight, mask, self.check_signal, signal)

    def _check_window(self, inputs: Inputs) -> None:
        fits = inputs.window_shape == (self.n_chans_, self.n_times_)
        if not fits or (inputs.is_sequences and not isinstance(self.model_, SequenceModel)):
            raise ValueError(
                f"expected X of shape (n_windows, {self.n_chans_}, {self.n_times_}), "
                f"got {inputs.X.shape}"
            )

    def _built(self, given: Given, targets: Targets, recipe: Recipe) -> tuple[EEGModel, int]:
        return build_for(
            self.model, given.inputs.window_shape, targets.n_outputs, given.inputs.info,
            self.model_params or {}, self.sfreq, recipe.crop_length,
            is_sequences=given.inputs.is_sequences, is_given=self.crop_length is not None,
        )  # fmt: skip

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.three_d_array = False, True
        return tags

    def _remember(self, given: Given, targets: Targets, module: EEGModel) -> None:
        self.model_ = module.eval()
        self._learn_of(targets)
        self.signal_info_, self.preprocessing_ = given.inputs.info, None
        self.amplitude_ = given.amplitude
        self.n_chans_, self.n_times_ = given.inputs.window_shape
