"""A fitted estimator in one file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from eegzoo.data import Preprocessing, SignalInfo
from eegzoo.models import EEGModel, load_model, read_metadata, save_model
from eegzoo.training.normalization import Normalizer, normalizer_from_dict

if TYPE_CHECKING:
    from eegzoo.models.weights import Card


class Persistence:
    """Mixin: an estimator that writes itself to a safetensors file and comes back from it."""

    n_crops: int
    model_: EEGModel
    classes_: npt.NDArray[Any]
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
        """Write the fitted classifier to one safetensors file, which `load` reads.

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
            "classes": self.classes_.tolist(),
            "normalizer": self.normalizer_.to_dict(),
            "n_crops": int(self.n_crops),  # a grid search may have put NumPy's there
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
        """Return the fitted classifier that `save` wrote.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it holds no classifier, or is damaged.
        """
        model = load_model(path)
        extra = read_metadata(path)["extra"]
        if "classes" not in extra:
            raise ValueError(f"{path} holds a model, but no classifier: it was not trained here")
        info, steps = extra["signal_info"], extra["preprocessing"]
        return cls.fitted(
            model,
            extra["classes"],
            normalizer_from_dict(extra["normalizer"]),
            signal_info=None if info is None else SignalInfo.from_dict(info),
            preprocessing=None if steps is None else Preprocessing.from_dict(steps),
            amplitude=extra["amplitude"],
            n_crops=extra["n_crops"],
            n_times=extra["n_times"],
        )

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
        """Return a classifier around a trained model.

        Parameters
        ----------
        model : EEGModel
            In evaluation mode.
        classes : array, shape (n_classes,)
            Labels of its outputs.
        normalizer : Normalizer
            What its inputs are normalised by.
        signal_info, preprocessing, amplitude
            What it was trained on, if that is known.
        n_crops : int
            Crops of a window that a prediction averages over.
        n_times : int | None
            Samples of a window. None: as many as the model takes.
        """
        classifier = cls(model, n_crops=n_crops, normalize=normalizer.how)  # type: ignore[call-arg]
        classifier.model_, classifier.classes_ = model, np.asarray(classes)
        classifier.normalizer_, classifier.amplitude_ = normalizer, amplitude
        classifier.signal_info_, classifier.preprocessing_ = signal_info, preprocessing
        classifier.n_chans_, classifier.n_times_ = model.n_chans, n_times or model.n_times
        return classifier

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
