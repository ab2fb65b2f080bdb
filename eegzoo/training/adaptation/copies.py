"""Copies of a classifier for one person: made, undone, saved and loaded."""

from __future__ import annotations

import copy
import warnings
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from eegzoo.data.preprocessing.normalization import Normalizer
from eegzoo.data.windows.estimator_inputs import as_inputs
from eegzoo.models.base import EEGModel
from eegzoo.training.adaptation.pseudo_labels import PseudoLabels, check_options
from eegzoo.training.adaptation.record import Adaptation
from eegzoo.training.adaptation.source import Source
from eegzoo.training.calibration.fit_calibration import ADAPTED, AS_IS, LABELLED
from eegzoo.training.calibration.folds import CalibrationWarning
from eegzoo.training.calibration.honest_predictions import HonestPredictions
from eegzoo.training.recipe import Recipe


class CopiesForPeople(HonestPredictions):
    """Mixin of `EEGClassifier`: copies for one person.

    Attributes
    ----------
    adaptation_ : Adaptation | None
        What the classifier was adapted on; None if it is for anyone.
    source_ : Source | None
        What the classifier was before, from which another adaptation starts.
    """

    adaptation_: Adaptation | None = None
    source_: Source | None = None
    pseudo_labels: PseudoLabels | None
    by_person_: bool
    model: Any
    model_: EEGModel
    normalizer_: Normalizer
    align_: Any
    alignment_: Any
    _options: dict[str, Any]

    def check_parameters(self) -> Recipe:
        """Check the parameters, and return `settings`.

        Raises
        ------
        ValueError, TypeError
            If a parameter is invalid. The message names the first one.
        """
        recipe = super().check_parameters()
        check_options(self.pseudo_labels)
        return recipe

    def regime(self, X: Any) -> str:
        """Return how a score on windows must be named: "transductive", "inductive", or a mixture.

        A transductive score is of windows that the classifier takes something from without their
        labels: it was adapted on them, or aligns them or has their statistics in use.

        Parameters
        ----------
        X : mne.Epochs | Dataset | DataLoader | array, shape (n_windows, n_chans, n_times)
            Windows, as in `predict_proba`.

        Raises
        ------
        ValueError
            If the labels of some were learnt, by `calibrate`, or the windows do not match those of
            the training.

        Examples
        --------
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.normal(0, 10, (20, 2, 128)), np.tile([0, 1], 10)
        >>> classifier = eegzoo.training.EEGClassifier("shallow_convnet", sfreq=64, max_epochs=1)
        >>> adapted = classifier.fit(X, y).adapt(X[:8], how=["statistics"])
        >>> classifier.regime(X), adapted.regime(X)
        ('inductive', 'transductive for 8 of 20 windows')
        """
        check_is_fitted(self, "model_")
        inputs = as_inputs(X, self.signal_info_, self.check_signal)
        record = self.adaptation_ or Adaptation((), 0)
        regime = record.regime(np.asarray(inputs.X[:]))
        aligns = self.align_ is not None and self.alignment_ is None
        measures = self.by_person_ and "statistics" not in record.how
        return "transductive" if aligns or measures else regime

    @property
    def _regime(self) -> str:
        record = self.adaptation_
        if record is None:
            return AS_IS
        if record.n_labelled:
            return LABELLED
        if "pseudo_labels" in record.how or record.stepped_back:
            return ADAPTED
        as_trained = {"align": self.align_ is not None, "statistics": self.by_person_}
        # People whom the training aligned are aligned by `predict_proba` as well.
        return AS_IS if all(as_trained[step] for step in record.how) else "adapted otherwise"

    def _partial_fit(self, *arguments: Any) -> Self:
        fitted: Self = super()._partial_fit(*arguments)  # type: ignore[misc]
        if self.calibrations_:
            warnings.warn(
                "the calibration was of the weights before, and is dropped: call fit_calibration "
                "after the last pass",
                CalibrationWarning,
                stacklevel=3,
            )
        self.calibrations_, self.source_ = {}, None
        return fitted

    def _copied(self) -> Self:
        """Return a copy with a model of its own."""
        copied = copy.copy(self)
        copied._options = dict(self._options)
        copied.model_ = copy.deepcopy(self.model_).eval()
        return copied

    def _unadapted(self) -> Self:
        """Return a copy as it was before it was adapted."""
        plain = self._copied()
        if self.source_ is not None:
            self.source_.restore(plain.model_)
            plain.normalizer_ = self.source_.normalizer
        plain.alignment_ = plain.adaptation_ = plain.source_ = None
        return plain

    def _described_people(self, extra: dict[str, Any]) -> dict[str, Tensor]:
        tensors = super()._described_people(extra)
        if self.pseudo_labels is not None:
            extra["pseudo_labels"] = self.pseudo_labels.to_dict()
        if self.adaptation_ is None:
            return tensors
        extra["adaptation"] = self.adaptation_.to_dict()
        if "card" in extra:
            extra["card"]["adapted"] = self.adaptation_.in_words()
        if self.source_ is None:
            return tensors
        extra["source"] = self.source_.normalizer.to_dict()
        return {**tensors, **self.source_.tensors()}

    def _set_people(self, extra: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        super()._set_people(extra, tensors)
        if "pseudo_labels" in extra:
            self.pseudo_labels = PseudoLabels(**extra["pseudo_labels"])
        record, source = extra.get("adaptation"), extra.get("source")
        self.adaptation_ = None if record is None else Adaptation.from_dict(record)
        self.source_ = None if source is None else Source.from_saved(source, tensors)
