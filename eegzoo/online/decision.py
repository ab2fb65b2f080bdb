"""What a classifier of a running signal says about one window."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

ABSTAIN = "abstain"


@dataclasses.dataclass(frozen=True)
class Decision:
    """Decision about one window of a running signal.

    Parameters
    ----------
    time : float
        Time of the window's end in seconds: by the time stamps of the stream, or from its start.
    onset : float
        Time of the window's start in seconds.
    label : Any
        Label of the most probable class, or "abstain".
    probabilities : array, shape (n_classes,) | None
        Probability of each class. None: there is no decision.
    reason : str | None
        Why there is no decision.
    latency_seconds : float
        Time in seconds from the call that brought the last sample until the decision.

    Examples
    --------
    >>> Decision(2.0, 0.0, "abstain", None, "Cz is flat").is_abstention
    True
    """

    time: float
    onset: float
    label: Any
    probabilities: npt.NDArray[np.float64] | None = None
    reason: str | None = None
    latency_seconds: float = 0.0

    @property
    def is_abstention(self) -> bool:
        """Whether there is no decision."""
        return self.probabilities is None


@dataclasses.dataclass(frozen=True)
class Latency:
    """Times from chunk to decision in seconds.

    Parameters
    ----------
    n_decisions : int
        Number of decisions since the start.
    median, percentile_99, largest : float
        Of the latest decisions; NaN without any.

    Examples
    --------
    >>> print(Latency(100, 0.0012, 0.0031, 0.004))
    100 decisions: 1.2 ms from chunk to decision (median; 99% within 3.1 ms, all within 4.0 ms)
    """

    n_decisions: int
    median: float
    percentile_99: float
    largest: float

    def __str__(self) -> str:
        """Return a line."""
        return (
            f"{self.n_decisions} decisions: {1e3 * self.median:.1f} ms from chunk to decision "
            f"(median; 99% within {1e3 * self.percentile_99:.1f} ms, all within "
            f"{1e3 * self.largest:.1f} ms)"
        )
