"""Times at which something occurs in a recording."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt


@dataclasses.dataclass(frozen=True)
class Occurrences:
    """Samples and durations of an event that occurs several times.

    Parameters
    ----------
    samples : array of int, shape (n,)
        Samples, counted as in MNE: they include ``raw.first_samp``.
    durations : array of float, shape (n,)
        Durations in seconds.
    """

    samples: npt.NDArray[np.int64]
    durations: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.samples)


Found = Mapping[str, Occurrences]


def n_occurrences(found: Found) -> int:
    """Return the number of occurrences of all events together."""
    return sum(len(occurrences) for occurrences in found.values())
