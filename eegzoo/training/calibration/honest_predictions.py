"""Calibrated probabilities, conformal sets and abstention of a classifier."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from eegzoo.training.calibration.abstention import Abstention
from eegzoo.training.calibration.conformal import set_scores
from eegzoo.training.calibration.fit_calibration import AS_IS, LABELLED, FitsCalibration
from eegzoo.training.calibration.held_out import Calibration
from eegzoo.training.predictions.class_predictions import ClassPredictions
from eegzoo.training.targets.targets import LabelSets

Array = npt.NDArray[Any]
CALIBRATIONS = ("temperature",)


class HonestPredictions(FitsCalibration, ClassPredictions):
    """Mixin of `EEGClassifier`: what is known of its predictions from held-out people."""

    def predict_set(
        self,
        X: Any,
        alpha: float = 0.1,
        *,
        method: str = "hierarchical",
        mask: npt.ArrayLike | None = None,
        batch_size: int = 64,
        groups: Any = None,
    ) -> npt.NDArray[np.bool_]:
        """Return the set of labels for each window that contains the true one, nearly always.

        For a random window of a random new person, the set lacks the true label with a probability
        of at most `alpha`. This holds over people; for one person the share may be much larger or
        smaller. Sets are the same in every call, and never empty: the most probable label is in
        all of them. Where more than ``1 - alpha`` of the labels are right, sets have one label, and
        contain the true one more often than asked.

        The guarantee assumes that the people of the calibration and the new person are drawn
        alike. It is exact after `fit_calibration`. After ``fit`` with `calibration`, the outputs
        for held-out people are of models that were trained on fewer people, which makes sets a
        little larger, if anything.

        Parameters
        ----------
        X, mask, batch_size, groups
            As in `predict_proba`.
        alpha : float
            Share of windows of new people whose set may lack the true label.
        method : {"hierarchical", "pooled"}
            "hierarchical" has the guarantee, and needs ``1 / alpha - 1`` people. "pooled" comes
            closer to `alpha`, without a guarantee, as `score_limit` describes.

        Returns
        -------
        array of bool, shape (n_windows, n_classes) or (n_sequences, n_windows, n_classes)
            Whether each label, in the order of ``classes_``, is in the set.

        Raises
        ------
        ValueError
            If there is no calibration, or one on too few people for `alpha`; the message has the
            number that is needed.
        """
        limit = self._known_calibration().limit(alpha, method)
        outputs = self._raw_outputs(X, mask, groups, batch_size)
        return set_scores(outputs.double().softmax(dim=-1).numpy()) <= limit

    def abstention(
        self, *, accuracy: float | None = None, coverage: float | None = None
    ) -> Abstention:
        """Return the confidence below which to give no label, chosen on held-out people.

        Parameters
        ----------
        accuracy : float | None
            Accuracy wanted of the labels that are given.
        coverage : float | None
            Share of the windows wanted with a label.

        Returns
        -------
        Abstention
            Threshold, and the accuracy and the coverage that it has on held-out people.

        Raises
        ------
        ValueError
            If there is no calibration, or no threshold reaches the accuracy; the message has the
            largest that can be reached.
        """
        return self._known_calibration().abstention(accuracy, coverage)

    def predict_or_abstain(
        self,
        X: Any,
        threshold: float | Abstention,
        *,
        mask: npt.ArrayLike | None = None,
        batch_size: int = 64,
        groups: Any = None,
    ) -> np.ma.MaskedArray[Any, Any]:
        """Return the label of each window whose most probable label is probable enough.

        Parameters
        ----------
        X, mask, batch_size, groups
            As in `predict_proba`.
        threshold : float | Abstention
            Smallest probability, such as `abstention` returns it.

        Returns
        -------
        masked array, shape (n_windows,)
            Labels; those of windows below the threshold are masked.

        Raises
        ------
        ValueError
            If a window can have several labels.
        """
        self._check_one_label()
        smallest = threshold.threshold if isinstance(threshold, Abstention) else threshold
        # Float64, in which the threshold was chosen.
        outputs = self._raw_outputs(X, mask, groups, batch_size).double()
        probabilities = (outputs / self._temperature).softmax(dim=-1).numpy()
        labels = self.classes_[probabilities.argmax(axis=-1)]
        unsure = probabilities.max(axis=-1) < smallest - 1e-12
        masked: np.ma.MaskedArray[Any, Any] = np.ma.masked_array(labels, unsure)
        return masked

    @property
    def _temperature(self) -> float:
        # Without a calibration for adapted people, that for others is closer than none.
        calibration = self.calibration_ or self.calibrations_.get(AS_IS)
        return 1.0 if calibration is None else calibration.temperature

    def _scaled(self, outputs: Tensor) -> Tensor:
        """Return outputs divided by the temperature."""
        return outputs if self._temperature == 1.0 else outputs / self._temperature

    def _known_calibration(self) -> Calibration:
        check_is_fitted(self, "model_")
        self._check_one_label()
        calibration = self.calibration_
        if self._regime == LABELLED:
            raise ValueError(
                "expected a classifier that learnt no labels of the person, because no held-out "
                "people tell how often one is right that did, got one after calibrate: take the "
                "one before"
            )
        if calibration is None and self.calibrations_:
            raise ValueError(
                "expected a classifier that is calibrated for people like the one it is for, got "
                f"one calibrated for people {' and '.join(self.calibrations_)}: fit it with "
                "calibration='adapted', or call fit_calibration(..., adapted=True), before it is "
                "adapted without labels"
            )
        if calibration is None:
            raise ValueError(
                "expected a calibrated classifier, got one without: fit it with "
                "calibration='temperature', or call fit_calibration with windows of people that it "
                "was not trained on"
            )
        return calibration

    def _check_one_label(self) -> None:
        if isinstance(self.targets_, LabelSets):
            raise ValueError(
                "expected a classifier with one label for each window, got one with several labels"
            )
