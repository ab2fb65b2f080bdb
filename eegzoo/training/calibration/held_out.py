"""What a classifier gives for people that it was not trained on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import softmax
from torch import Tensor

from eegzoo.training.calibration.abstention import Abstention, choose_threshold
from eegzoo.training.calibration.conformal import score_limit, set_scores
from eegzoo.training.calibration.temperature import fit_temperature

Array = npt.NDArray[Any]
# Prefix of the tensors of a calibration in a file.
PREFIX = "calibration."


@dataclasses.dataclass(frozen=True)
class Calibration:
    """Outputs for held-out windows with their labels, and what follows from them.

    Parameters
    ----------
    outputs : array, shape (n_windows, n_outputs)
        Logits, from models that were not trained on the person of the window.
    y : array, shape (n_windows,) or (n_windows, n_labels)
        Index of the class, or indicator of the labels.
    person : array of int, shape (n_windows,)
        Number of the person.
    of_people : bool
        Whether the outputs are for people that the models were not trained on. Otherwise there was
        one person only, and they are for other windows of this person.
    is_split : bool
        Whether all outputs are those of the classifier itself, for people that it was not trained
        on. Otherwise each is of a model that was trained on the others, as in cross-validation.

    Examples
    --------
    >>> logits = np.array([[2.0, 0.0], [2.0, 0.0], [0.0, 2.0], [0.0, 2.0]], np.float32)
    >>> calibration = Calibration(logits, np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1]))
    >>> calibration.n_people, round(calibration.temperature, 2)
    (2, 1.82)
    """

    outputs: Array
    y: Array
    person: Array
    of_people: bool = True
    is_split: bool = False

    @property
    def n_people(self) -> int:
        """Number of held-out people."""
        return len(np.unique(self.person))

    @cached_property
    def temperature(self) -> float:
        """Number that logits are divided by. Each person counts alike."""
        _, codes, counts = np.unique(self.person, return_inverse=True, return_counts=True)
        return fit_temperature(self.outputs, self.y, 1.0 / counts[codes])

    def without(self, person: int) -> Self:
        """Return the calibration on the other people; the same one if there are no others."""
        others = self.person != person
        if not others.any():
            return self
        return dataclasses.replace(
            self, outputs=self.outputs[others], y=self.y[others], person=self.person[others]
        )

    def limit(self, alpha: float, method: str) -> float:
        """Return the limit of `set_scores` in sets, as `score_limit` does.

        Raises
        ------
        ValueError
            If there are too few people for `alpha`, or only one.
        """
        if not self.of_people:
            raise ValueError(
                "expected a calibration on held-out people for sets that hold for new people, got "
                "one on windows of one person: fit with groups of several people, or call "
                "fit_calibration with windows of other people"
            )
        # Without the temperature, which was fitted on the same people.
        scores = set_scores(softmax(self.outputs.astype(np.float64), axis=1))
        return score_limit(scores[np.arange(len(self.y)), self.y], self.person, alpha, method)

    def abstention(self, accuracy: float | None, coverage: float | None) -> Abstention:
        """Return the threshold of an abstention, as `choose_threshold` does."""
        probabilities = softmax(self.outputs.astype(np.float64) / self.temperature, axis=1)
        is_right = probabilities.argmax(axis=1) == self.y
        return choose_threshold(
            probabilities.max(axis=1), is_right, self.person, accuracy=accuracy, coverage=coverage
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what is not a tensor as a JSON-serialisable dict."""
        return {
            "of_people": self.of_people, "is_split": self.is_split, "n_people": self.n_people,
            "temperature": self.temperature,
        }  # fmt: skip

    def tensors(self, of: str) -> dict[str, Tensor]:
        """Return the arrays for a file, under the name of the calibration."""
        return {
            f"{PREFIX}{of}.{name}": torch.from_numpy(np.ascontiguousarray(getattr(self, name)))
            for name in ("outputs", "y", "person")
        }

    @classmethod
    def from_saved(cls, values: Mapping[str, Any], tensors: Mapping[str, Tensor], of: str) -> Self:
        """Return the calibration that `to_dict` and `tensors` described."""
        outputs, y, person = (
            tensors[f"{PREFIX}{of}.{name}"].numpy() for name in ("outputs", "y", "person")
        )
        return cls(outputs, y, person, values["of_people"], values["is_split"])
