"""A fitted estimator in one file."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import ClassVar, Self

from sklearn.utils.validation import check_is_fitted

from eegzoo.data.preprocessing.normalization import Normalizer, normalizer_from_dict
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.models.base import EEGModel
from eegzoo.models.saving import load_model, read_metadata, save_model
from eegzoo.training.recipe import Recipe
from eegzoo.training.targets.targets import Targets, targets_from_dict
from eegzoo.weights.card import Card


class Persistence:
    """Mixin: an estimator that writes itself to a safetensors file and comes back from it."""

    # The targets that this kind of estimator learns.
    _kinds: ClassVar[tuple[type[Targets], ...]]
    settings: Callable[[], Recipe]
    targets_: Targets
    model_: EEGModel
    normalizer_: Normalizer
    signal_info_: SignalInfo | None
    amplitude_: float | None
    n_chans_: int
    n_times_: int
    preprocessing_: Preprocessing | None

    def save(
        self,
        path: str | os.PathLike[str],
        preprocessing: Preprocessing | None = None,
        card: Card | None = None,
    ) -> None:
        """Write the fitted estimator to one safetensors file, which `load` reads.

        Parameters
        ----------
        path : path-like
            File to write. It appears whole or not at all.
        preprocessing : Preprocessing | None
            What was done to the recordings; `eegzoo predict` repeats it. None: what a loaded
            classifier brought with it.
        card : Card | None
            What else is known of it, for those who will use it.
        """
        check_is_fitted(self, "model_")
        preprocessing = preprocessing or getattr(self, "preprocessing_", None)
        extra = {
            **self.targets_.to_dict(),
            "normalizer": self.normalizer_.to_dict(),
            "n_crops": int(self.settings().n_crops),  # a grid search may have put NumPy's there
            "n_times": self.n_times_,
            "amplitude": self.amplitude_,
            "signal_info": None if self.signal_info_ is None else self.signal_info_.to_dict(),
            "preprocessing": None if preprocessing is None else preprocessing.to_dict(),
        }
        if card is not None:
            extra["card"] = card.to_dict()
        save_model(self.model_, path, extra)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the fitted estimator that `save` wrote.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it holds no such estimator, or is damaged.
        """
        model = load_model(path)
        extra = read_metadata(path)["extra"]
        targets = targets_from_dict(extra)
        if not isinstance(targets, cls._kinds):
            holds = "but no estimator: it was not trained here"
            if targets is not None:
                holds = f"but of another kind than {cls.__name__}"
            raise ValueError(f"{path} holds a model, {holds}")
        info, steps = extra["signal_info"], extra["preprocessing"]
        return cls._around(
            model,
            targets,
            normalizer_from_dict(extra["normalizer"]),
            signal_info=None if info is None else SignalInfo.from_dict(info),
            preprocessing=None if steps is None else Preprocessing.from_dict(steps),
            amplitude=extra["amplitude"],
            n_crops=extra["n_crops"],
            n_times=extra["n_times"],
        )

    @classmethod
    def _around(
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
    ) -> Self:
        """Return an estimator around a trained model."""
        made = cls(model, n_crops=n_crops, normalize=normalizer.how)  # type: ignore[call-arg]
        made.model_, made.normalizer_, made.amplitude_ = model, normalizer, amplitude
        made.signal_info_, made.preprocessing_ = signal_info, preprocessing
        made.n_chans_, made.n_times_ = model.n_chans, n_times or model.n_times
        made._learn_of(targets)
        return made

    def _learn_of(self, targets: Targets) -> None:
        """Take note of what the outputs stand for."""
        self.targets_ = targets

    def trained_preprocessing(self) -> Preprocessing:
        """Return what was done to the recordings that a loaded classifier was trained on.

        Raises
        ------
        ValueError
            If it was saved without.
        """
        preprocessing: Preprocessing | None = getattr(self, "preprocessing_", None)
        if preprocessing is None:
            raise ValueError("this classifier was saved without its preprocessing")
        return preprocessing
