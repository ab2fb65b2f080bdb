"""Scores with their intervals."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from eegzoo.weights.card import wilson

N_DRAWS = 10_000


@dataclasses.dataclass(frozen=True)
class Score:
    """One measured figure.

    Parameters
    ----------
    label : str
        What was measured, as in the entry: a method, or a part of the protocol.
    measure : str
        Name of the measure: "accuracy", "kappa", ...
    value : float
        Value.
    interval : tuple of float
        95% interval; NaN if there is none.
    interval_of : str
        Method that gave the interval.
    n_windows : int
        Number of windows in the test.
    units : mapping of str to float
        Value of each person, fold or recording; empty for a single one.

    Examples
    --------
    >>> score = Score.share("left against right fist", n_right=43, n_windows=45)
    >>> round(score.value, 3), [round(limit, 2) for limit in score.interval]
    (0.956, [0.85, 0.99])
    """

    label: str
    measure: str
    value: float
    interval: tuple[float, float]
    interval_of: str
    n_windows: int
    units: Mapping[str, float] = dataclasses.field(default_factory=dict)

    @classmethod
    def share(cls, label: str, n_right: int, n_windows: int) -> Self:
        """Return an accuracy over windows with Wilson's interval, which takes them as independent.

        Parameters
        ----------
        label : str
            What was measured.
        n_right, n_windows : int
            Number of windows that were classified correctly, and of all.
        """
        value = n_right / n_windows
        return cls(
            label, "accuracy", value, wilson(value, n_windows), "Wilson, over windows", n_windows
        )

    @classmethod
    def mean(
        cls, label: str, units: Mapping[str, float], n_windows: int, *, measure: str = "accuracy",
        of: str = "people",
    ) -> Self:  # fmt: skip
        """Return the mean over people, folds or recordings with a bootstrap interval.

        Parameters
        ----------
        label : str
            What was measured.
        units : mapping of str to float
            Value of each.
        n_windows : int
            Number of windows in the test.
        measure : str
            Name of the measure.
        of : str
            What the units are.

        Examples
        --------
        >>> Score.mean("EEGNet", {"01": 0.5, "02": 0.7}, n_windows=60).interval
        (0.5, 0.7)
        """
        values = np.array(list(units.values()))
        return cls(
            label, measure, float(values.mean()), bootstrap(values), f"bootstrap over {of}",
            n_windows, dict(units),
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict, in which NaN is None."""
        found = dataclasses.asdict(self)
        found["interval"] = [None if math.isnan(limit) else limit for limit in self.interval]
        return found

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the score that `to_dict` described."""
        low, high = (math.nan if limit is None else limit for limit in values["interval"])
        return cls(**{**values, "interval": (low, high)})


def bootstrap(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95% bootstrap interval of a mean.

    Parameters
    ----------
    values : array, shape (n,)
        Values of independent units.

    Examples
    --------
    >>> bootstrap(np.array([0.25, 0.25]))
    (0.25, 0.25)
    """
    draws = np.random.default_rng(0).integers(len(values), size=(N_DRAWS, len(values)))
    low, high = np.quantile(values[draws].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)
