"""A fitted estimator in one file."""

from __future__ import annotations

import os
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from eegzoo.data import Preprocessing, SignalInfo
from eegzoo.models import EEGModel, load_model, read_metadata, save_model
from eegzoo.training.normalization import Normalizer


class Persistence:
    """Mixin: an estimator that writes itself to a safetensors file and comes back from it."""

    n_crops: int
    model_: EEGModel
    classes_: npt.NDArray[Any]
    normalizer_: Normalizer
    signal_info_: SignalInfo | None
    n_chans_: int
    n_times_: int
    preprocessing_: Preprocessing | None

    def save(
        self, path: str | os.PathLike[str], preprocessing: Preprocessing | None = None
    ) -> None:
        """Write the fitted classifier to one safetensors file, which `load` reads.

        Parameters
        ----------
        path : path-like
            File to write. It appears whole or not at all.
        preprocessing : Preprocessing | None
            What was done to the recordings; `eegzoo predict` repeats it. None: what a loaded
            classifier brought with it.
        """
        check_is_fitted(self, "model_")
        preprocessing = preprocessing or getattr(self, "preprocessing_", None)
        extra = {
            "classes": self.classes_.tolist(),
            "normalizer": self.normalizer_.to_dict(),
            "n_crops": int(self.n_crops),  # a grid search may have put NumPy's there
            "n_times": self.n_times_,
            "signal_info": None if self.signal_info_ is None else self.signal_info_.to_dict(),
            "preprocessing": None if preprocessing is None else preprocessing.to_dict(),
        }
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
        classifier = cls(model, n_crops=extra["n_crops"])  # type: ignore[call-arg]
        classifier.model_ = model
        classifier.classes_ = np.asarray(extra["classes"])
        classifier.normalizer_ = Normalizer.from_dict(extra["normalizer"])
        info = extra["signal_info"]
        classifier.signal_info_ = None if info is None else SignalInfo.from_dict(info)
        classifier.n_chans_, classifier.n_times_ = model.n_chans, extra["n_times"]
        given = extra["preprocessing"]
        classifier.preprocessing_ = None if given is None else Preprocessing.from_dict(given)
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
