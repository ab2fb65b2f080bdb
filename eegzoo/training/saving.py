"""Save fitted estimators to files, and load them."""

from __future__ import annotations

import copy
import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

import torch
from sklearn.utils.validation import check_is_fitted
from torch import nn

from eegzoo.data.preprocessing.by_person.fitted_alignment import FittedAlignment
from eegzoo.data.preprocessing.by_person.person_alignment import PersonAlignment, alignment_in
from eegzoo.data.preprocessing.causal_form import check_causal
from eegzoo.data.preprocessing.normalization import Normalizer, normalizer_from_dict
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.reading.events.event_names import texts_of
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import registered_models
from eegzoo.models.saving import load_model, read_extra_tensors, read_metadata, save_model
from eegzoo.training.loop.history import epoch_choice
from eegzoo.training.own_module import load_own_module, save_own_module
from eegzoo.training.recipe import Recipe
from eegzoo.training.targets.targets import Targets, targets_from_dict
from eegzoo.weights.card import Card, card_in


class SavingMixin:
    """Mixin with methods to save a fitted estimator to a safetensors file, and to load it."""

    # Kinds of targets that the estimator learns.
    _target_types: ClassVar[tuple[type[Targets], ...]]
    settings: Callable[[], Recipe]
    targets_: Targets
    model_: EEGModel
    normalizer_: Normalizer
    align_: PersonAlignment | None
    alignment_: FittedAlignment | None
    signal_info_: SignalInfo | None
    amplitude_: float | None
    n_chans_: int
    n_times_: int
    is_sequential_: bool
    by_person_: bool
    causal: bool
    best_epoch_: int
    _is_own_module: bool
    preprocessing_: Preprocessing | None
    card_: Card | None = None
    event_id_: Mapping[str, Sequence[str]] | None = None

    def save(
        self,
        path: str | os.PathLike[str],
        preprocessing: Preprocessing | None = None,
        card: Card | None = None,
        event_id: Mapping[str, Any] | None = None,
    ) -> None:
        """Save the fitted estimator to a safetensors file, which `load` reads.

        Of a module of your own, the file holds the weights, the import path of the class and
        `model_params`, but no code.

        Parameters
        ----------
        path : path-like
            File to write. It is written completely or not at all.
        preprocessing : Preprocessing | None
            Preprocessing of the recordings, which `eegzoo predict` repeats. None: that of a loaded
            estimator, if any.
        card : Card | None
            Model card for other users. None: that of loaded weights that were not trained further,
            if any. Of weights that were adapted to a person, the card says so.
        event_id : mapping of str to str | int | sequence of str | int | None
            Events of each label, as in `label_events`, which `eegzoo evaluate` and
            `eegzoo report` look for in other recordings. None: those of a loaded estimator, if any.

        Raises
        ------
        ValueError
            If the estimator is for streams (``causal=True``) and the preprocessing is not causal,
            or if `event_id` has a label that the classifier does not have.
        """
        check_is_fitted(self, "model_")
        preprocessing = preprocessing or getattr(self, "preprocessing_", None)
        if self.causal and preprocessing is not None:
            check_causal(preprocessing)
        extra = {
            **self.targets_.to_dict(),
            "normalizer": self.normalizer_.to_dict(),
            **({"by_person": True} if self.by_person_ else {}),
            **({"causal": True} if self.causal else {}),
            "n_crops": int(self.settings().n_crops),  # a grid search may set a NumPy integer
            "n_times": self.n_times_,
            "is_sequential": self.is_sequential_,
            "amplitude": self.amplitude_,
            "signal_info": None if self.signal_info_ is None else self.signal_info_.to_dict(),
            "preprocessing": None if preprocessing is None else preprocessing.to_dict(),
        }
        for name, alignment in {"align": self.align_, "alignment": self.alignment_}.items():
            if alignment is not None:
                extra[name] = alignment.to_dict()
        event_id = event_id or self.event_id_
        if event_id:
            self._check_labels(event_id)
            extra["event_id"] = {label: texts_of(events) for label, events in event_id.items()}
        history = getattr(self, "history_", None)
        if history:  # a loaded estimator has none
            extra["epoch"] = epoch_choice(history, self.best_epoch_)
        card = card or self.card_
        if card is not None:
            extra["card"] = card.to_dict()
        write = save_own_module if self._holds_own_module() else save_model
        write(self.model_, path, extra, self._described_people(extra))

    def _check_labels(self, event_id: Mapping[str, Any]) -> None:
        """Raise an error if events are those of labels that a classifier does not have."""
        known = [str(label) for label in getattr(self, "classes_", ())]
        unknown = [label for label in event_id if label not in known]
        if known and unknown:
            raise ValueError(
                f"expected events of the labels {', '.join(map(repr, known))}, got "
                f"{', '.join(map(repr, unknown))}"
            )

    def _holds_own_module(self) -> bool:
        """Return whether the model can only be loaded with its class, not by a name."""
        registered = {entry.model_class for entry in registered_models().values()}
        if isinstance(getattr(self, "model", None), str) or type(self.model_) in registered:
            return False
        return getattr(self, "_is_own_module", True)

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], model: nn.Module | type[nn.Module] | None = None
    ) -> Self:
        """Load a fitted estimator from a file that `save` wrote.

        Parameters
        ----------
        path : path-like
            File to read.
        model : nn.Module | type | None
            Class of a module of your own, or an instance, for its weights in the file; the file
            itself holds no code. None for the models of eegzoo.

        Returns
        -------
        EEGClassifier | EEGRegressor
            Fitted estimator, of the class on which the method is called.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is damaged, or does not hold an estimator of this class; or if it holds the
            weights of another module than `model`.
        """
        metadata = read_metadata(path)
        extra, is_own = metadata["extra"], metadata.get("architecture", "") is None
        if model is not None and not is_own:
            raise ValueError(
                f"expected no model for {path}, which holds {metadata['architecture']}"
            )
        trained = load_own_module(path, model) if is_own else load_model(path)
        targets = targets_from_dict(extra)
        if targets is None:
            raise ValueError(f"{path} holds a model, but no estimator that eegzoo trained")
        if not isinstance(targets, cls._target_types):
            raise ValueError(f"{path} holds an estimator of another kind than {cls.__name__}")
        info, steps = extra["signal_info"], extra["preprocessing"]
        fitted = cls._from_trained(
            trained,
            targets,
            normalizer_from_dict(extra["normalizer"]),
            signal_info=None if info is None else SignalInfo.from_dict(info),
            preprocessing=None if steps is None else Preprocessing.from_dict(steps),
            amplitude=extra["amplitude"],
            n_crops=extra["n_crops"],
            n_times=extra["n_times"],
            is_sequential=extra.get("is_sequential", False),
            align=alignment_in(extra),
        )
        fixed = extra.get("alignment")
        fitted.alignment_ = None if fixed is None else FittedAlignment.from_dict(fixed)
        fitted.by_person_ = extra.get("by_person", False)
        fitted.causal = extra.get("causal", False)
        fitted._is_own_module = is_own
        fitted.card_ = card_in(extra, path)
        fitted.event_id_ = extra.get("event_id")
        fitted._set_people(extra, read_extra_tensors(path))
        return fitted

    @classmethod
    def _from_trained(
        cls,
        model: EEGModel,
        targets: Targets,
        normalizer: Normalizer,
        *,
        signal_info: SignalInfo | None,
        preprocessing: Preprocessing | None,
        amplitude: float | None,
        n_crops: int,
        n_times: int | None,
        is_sequential: bool = False,
        align: PersonAlignment | None = None,
    ) -> Self:
        """Return a fitted estimator around a trained model."""
        fitted = cls(  # type: ignore[call-arg]
            model, n_crops=n_crops, align=align, normalize=normalizer.how
        )
        fitted.align_ = align
        fitted.model_, fitted.normalizer_, fitted.amplitude_ = model, normalizer, amplitude
        if signal_info is not None and signal_info.processing is None and preprocessing is not None:
            signal_info = dataclasses.replace(signal_info, processing=preprocessing.processing)
        fitted.signal_info_, fitted.preprocessing_ = signal_info, preprocessing
        fitted.n_chans_, fitted.n_times_ = model.n_chans, n_times or model.n_times
        fitted.is_sequential_ = is_sequential
        fitted._set_targets(targets)
        return fitted

    def _described_people(self, extra: dict[str, Any]) -> dict[str, torch.Tensor]:
        """Add what is known of people to the metadata, and return its tensors."""
        return {}

    def _set_people(self, extra: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
        """Set the attributes that `_described_people` described."""

    def _set_targets(self, targets: Targets) -> None:
        """Set the attributes that describe the targets."""
        self.targets_ = targets

    def trained_preprocessing(self) -> Preprocessing:
        """Return the preprocessing of the recordings that a loaded estimator was trained on.

        Raises
        ------
        ValueError
            If the estimator was saved without its preprocessing, or was not loaded.
        """
        preprocessing: Preprocessing | None = getattr(self, "preprocessing_", None)
        if preprocessing is None:
            raise ValueError("this estimator was saved without its preprocessing")
        return preprocessing

    def __getstate__(self) -> dict[str, Any]:
        """Return the state to pickle, on the CPU, so that it loads where there is no GPU."""
        state: dict[str, Any] = dict(super().__getstate__())  # type: ignore[call-overload]
        if "model_" in state:
            state["model_"] = copy.deepcopy(self.model_).cpu()
        if state.get("_optimizer"):
            state["_optimizer"] = _on_cpu(state["_optimizer"])
        return state


def _on_cpu(value: Any) -> Any:
    """Return nested dicts and lists with all tensors on the CPU."""
    if isinstance(value, torch.Tensor):
        return value.cpu()
    if isinstance(value, dict):
        return {name: _on_cpu(item) for name, item in value.items()}
    return [_on_cpu(item) for item in value] if isinstance(value, list) else value
