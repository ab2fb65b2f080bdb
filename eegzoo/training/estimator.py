"""Base class of the classifier and the regressor: training, prediction, and their checks."""

from __future__ import annotations

import abc
import copy
import dataclasses
from collections.abc import Mapping
from typing import Any, Self

import numpy.typing as npt
import torch
from sklearn.base import TransformerMixin
from sklearn.utils import check_random_state

from eegzoo.data.preprocessing.by_person.person_alignment import as_alignment
from eegzoo.data.preprocessing.normalization import Normalizer, fit_normalizer
from eegzoo.data.windows.estimator_inputs import as_inputs
from eegzoo.data.windows.shared_samples import timeline_of_rows
from eegzoo.data.windows.torch_datasets import dataset_of
from eegzoo.models.base import EEGModel
from eegzoo.training.along_recordings import RecordingPredictions
from eegzoo.training.by_person.alignment import AlignsPeople
from eegzoo.training.by_person.people_in_training import StatisticsOfPeople
from eegzoo.training.inputs.fit_data import FitData, as_fit_data, targets_of
from eegzoo.training.inputs.stored.kept_normalizer import kept_normalizer
from eegzoo.training.inputs.validation_split import hold_out
from eegzoo.training.loop.history import History
from eegzoo.training.loop.plan import TrainingPlan
from eegzoo.training.loop.train import train_pass
from eegzoo.training.loop.tuned import train_tuned
from eegzoo.training.model_building import build_model
from eegzoo.training.parallel.data_parallel import broadcast_from_main
from eegzoo.training.parallel.processes import ProcessInfo, current_process
from eegzoo.training.parameters import Parameters
from eegzoo.training.predictions.model_outputs import ModelOutputs
from eegzoo.training.recipe import Recipe
from eegzoo.training.saving import SavingMixin
from eegzoo.training.targets.targets import Classes, Targets
from eegzoo.training.targets.window_weights import as_mask, window_weights

Array = npt.NDArray[Any]


class EEGEstimator(
    SavingMixin,
    ModelOutputs,
    StatisticsOfPeople,
    AlignsPeople,
    RecordingPredictions,
    TransformerMixin,
    Parameters,
    abc.ABC,
):
    """Base class of `EEGClassifier`, which documents the parameters, and `EEGRegressor`."""

    model_: EEGModel
    history_: History
    best_epoch_: int
    targets_: Targets
    calibrations_: Mapping[str, Any]

    @torch.inference_mode(False)
    @torch.enable_grad()
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
        X : mne.Epochs | Dataset | DataLoader | array, shape (n_windows, n_chans, n_times)
            Windows; arrays are in microvolts. Models of consecutive windows also take sequences:
            array, shape (n_sequences, n_windows, n_chans, n_times). Items of torch's data sets are
            windows, or pairs of a window and its target; they are read when they are needed. Of a
            data loader, only its data set is used.
        y : array, shape (n_windows,) or (n_sequences, n_windows) | None
            Target of each window; several targets have an additional last axis. None: the names
            in ``event_id`` of the epochs, or the targets of the data set.
        groups : array, shape (n_windows,) | str | None
            Groups that `validation` does not split, or a column of the data set's metadata. None:
            its subjects or, if there is only one, its sessions or recordings. With `align`, the
            windows of each group are aligned by their own statistics; None: those of each subject
            or, if the subjects are not known, all windows together.
        sample_weight : array, shape (n_windows,) or (n_sequences, n_windows) | None
            Weight of each window in the loss. Windows of weight 0 are not used at all.
        mask : array of bool, shape (n_sequences, n_windows) | None
            True for the windows of sequences that count; the others are padding or not scored.

        Returns
        -------
        self
            The fitted estimator. If an error is raised, it is not changed.

        Raises
        ------
        ValueError
            If X contains NaN, shapes do not match, or the targets cannot be learnt; if `sfreq` is
            missing for arrays; if a given model has other channels or another sampling rate; if
            the loss is not finite in the first epoch.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            If the loss is not finite in a later epoch. The model keeps the weights of the epoch
            before.
        """
        recipe = self.check_parameters()
        data = as_fit_data(
            self.model, X, y, groups, sample_weight, mask, self.check_signal, sfreq=self.sfreq,
            sampler=recipe.nights,
        )  # fmt: skip
        targets, data = self._read_targets(data)
        drawn = check_random_state(self.random_state).randint(2**31)
        seed = broadcast_from_main(current_process(), drawn)
        has_labels = isinstance(targets, Classes) and data.y.ndim == 1
        sides = hold_out(
            recipe.validation, data.y, data.groups, seed, stratify=has_labels,
            timeline=timeline_of_rows(data.inputs) if recipe.validation else None,
        )  # fmt: skip
        held_out = None if sides is None else data.subset(sides[1])
        data = self._aligned_data(data if sides is None else data.subset(sides[0]))
        # The caller's random generators are restored afterwards.
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            module, crop_length = self._build_model(data, targets, recipe)
            module = self._with_people(module, data)
            windows = data.inputs.windows(data.mask)
            normalizer = kept_normalizer(windows, recipe.normalize, self.checkpoint)
            plan = self._plan(data, targets, recipe, normalizer, module, crop_length, seed)
            validation = None
            if held_out is not None:
                held_out = self._aligned_data(held_out)
                validation = held_out.training_set(targets, normalizer, module, recipe.nights)
            history, best_epoch = train_tuned(plan, validation)
        calibrations = self._held_out(X, y, groups, sample_weight, mask, targets, seed)
        self.normalizer_, self.history_, self.best_epoch_ = normalizer, history, best_epoch
        self._set_fitted(data, targets, module)
        self._set_people({}, {})
        self.calibrations_, self.card_ = calibrations, None
        self._seed, self._n_passes = seed, 0
        self._optimizer: dict[str, Any] | None = None
        return self

    @torch.inference_mode(False)
    @torch.enable_grad()
    def _partial_fit(
        self, X: Any, y: Any, sample_weight: Any, mask: Any, classes: Any, groups: Any
    ) -> Self:
        recipe = self.check_parameters()
        module: EEGModel | None = None
        optimizer: dict[str, Any] | None = None
        if hasattr(self, "model_"):
            data = as_fit_data(
                self.model_, X, y, groups, sample_weight, mask, self.check_signal,
                signal=self.signal_info_, sampler=recipe.nights,
            )  # fmt: skip
            self._check_window(data.inputs)
            data = data.with_inputs(self._aligned(data.inputs, data.people, data.mask))
            targets, data = self._read_targets(data, self.targets_)
            module, normalizer = copy.deepcopy(self.model_), self.normalizer_
            seed = getattr(self, "_seed", 0)  # a loaded estimator has none
            n_passes = getattr(self, "_n_passes", 0)
            # Training changes the state in place, also if it fails later.
            optimizer = copy.deepcopy(getattr(self, "_optimizer", None))
        else:
            data = as_fit_data(
                self.model, X, y, groups, sample_weight, mask, self.check_signal, sfreq=self.sfreq,
                sampler=recipe.nights,
            )  # fmt: skip
            data = self._aligned_data(data)
            targets, data = self._read_targets(data, classes=classes)
            normalizer = fit_normalizer(data.inputs.windows(data.mask), recipe.normalize)
            seed, n_passes = check_random_state(self.random_state).randint(2**31), 0
        with torch.random.fork_rng():
            if module is None:
                torch.manual_seed(seed)
                module, _ = self._build_model(data, targets, recipe)
            module = self._with_people(module, data)
            plan = self._plan(data, targets, recipe, normalizer, module, module.n_times, seed)
            plan = dataclasses.replace(plan, process=ProcessInfo())
            history, optimizer = train_pass(plan, n_passes, optimizer)
        if not hasattr(self, "model_"):
            self.normalizer_, self.history_ = normalizer, history
            self._set_fitted(data, targets, module)
        else:
            self.model_ = module.eval()
            self._set_by_person(module, self.by_person_)
            past = getattr(self, "history_", ())
            self.history_ = History([*past, *({**row, "epoch": len(past) + 1} for row in history)])
        self.best_epoch_, self.card_ = len(self.history_), None
        self._seed, self._n_passes, self._optimizer = seed, n_passes + 1, optimizer
        return self

    def _plan(
        self,
        data: FitData,
        targets: Targets,
        recipe: Recipe,
        normalizer: Normalizer,
        model: EEGModel,
        crop_length: int,
        seed: int,
    ) -> TrainingPlan:
        windows = data.training_set(targets, normalizer, model, recipe.nights)
        return TrainingPlan(
            model, windows, targets, recipe, self._run_options(), crop_length, seed,
            self._replacements().smoothed(recipe.label_smoothing, targets),
            people_per_batch=self.people_per_batch,
        )  # fmt: skip

    def _score_arrays(
        self, X: Any, y: Any, sample_weight: Any, mask: Any, groups: Any
    ) -> tuple[Array, Array, Array]:
        """Return targets, predictions and weights of the windows that count."""
        X = dataset_of(X)
        inputs = as_inputs(X, getattr(self, "signal_info_", None), self.check_signal)
        targets, shape = targets_of(inputs, y), inputs.X.shape[:-2]
        weight = window_weights(sample_weight, as_mask(mask, shape), shape)
        counts = weight > 0
        return targets[counts], self.predict(X, mask, groups=groups)[counts], weight[counts]

    @abc.abstractmethod
    def predict(self, X: Any, mask: Any = None, *, groups: Any = None) -> Array:
        """Return the prediction for each window."""

    @abc.abstractmethod
    def _read_targets(
        self, data: FitData, known: Targets | None = None, classes: Any = None
    ) -> tuple[Targets, FitData]:
        """Return the targets, and the data with valid y and final weights."""

    def _held_out(
        self,
        X: Any,
        y: Any,
        groups: Any,
        sample_weight: Any,
        mask: Any,
        targets: Targets,
        seed: int,
    ) -> Mapping[str, Any]:
        """Return calibrations by name, if any."""
        return {}

    def _build_model(self, data: FitData, targets: Targets, recipe: Recipe) -> tuple[EEGModel, int]:
        return build_model(
            self.model, data.inputs, targets.n_outputs, self.model_params or {}, self.sfreq,
            recipe.crop_length, is_explicit=self.crop_length is not None,
        )  # fmt: skip

    def _set_fitted(self, data: FitData, targets: Targets, module: EEGModel) -> None:
        self.model_ = module.eval()
        self._set_by_person(module)
        self._set_targets(targets)
        self.signal_info_, self.preprocessing_ = data.inputs.info, None
        self.event_id_ = None
        self.align_, self.alignment_ = as_alignment(self.align), None
        self.amplitude_ = data.amplitude
        self.n_chans_, self.n_times_ = data.inputs.window_shape
        self.is_sequential_ = data.inputs.is_sequences or self.settings().nights is not None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.three_d_array = False, True
        tags.transformer_tags.preserves_dtype = []  # features have the type of the model
        return tags
