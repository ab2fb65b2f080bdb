"""Networks that stage windows one after the other, with as few windows after them as they need."""

from __future__ import annotations

import abc

from torch import Tensor


class RunningNetwork(abc.ABC):
    """Network that is given one window after the other.

    Attributes
    ----------
    delay : int
        Number of windows after a window that arrive before its stage is known.
    differences : tuple of str
        What is computed otherwise than for a whole night.
    """

    delay: int
    differences: tuple[str, ...] = ()

    @abc.abstractmethod
    def push(self, window: Tensor) -> list[Tensor]:
        """Add a window (n_chans, n_times), and return the probabilities of windows now staged."""

    @abc.abstractmethod
    def finish(self) -> list[Tensor]:
        """Return the probabilities of the windows that waited for others."""
