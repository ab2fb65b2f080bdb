"""Operators on a running signal, one after the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from eegzoo.online.running_signal.causal_operators import (
    CausalOperator,
    ChannelMatrix,
)
from eegzoo.online.running_signal.described_operators import described, operator_of

Array = npt.NDArray[np.float64]


@dataclasses.dataclass
class CausalPreprocessing:
    """Steps before the windows, as operators on a running signal.

    Parameters
    ----------
    operators : sequence of CausalOperator
        Operators in their order.
    ch_names : sequence of str
        Channels that come out.
    sfreq_in, sfreq : float
        Sampling rates in Hz before and after.
    differences : sequence of str
        What is computed otherwise than offline.

    Examples
    --------
    >>> half = ChannelMatrix(0.5 * np.eye(2))
    >>> causal = CausalPreprocessing([half], ["C3", "C4"], 100.0, 100.0)
    >>> causal.delay_seconds, causal.reordered([1, 0], 3).process(np.array([[2.0], [4.0], [9.0]]))
    (0.0, array([[2.],
           [1.]]))
    """

    operators: Sequence[CausalOperator]
    ch_names: Sequence[str]
    sfreq_in: float
    sfreq: float
    differences: Sequence[str] = ()

    @property
    def delay_seconds(self) -> float:
        """Time in seconds from a sample's time until the sample is known."""
        large = 10_000_000
        return (self.n_needed(large) - 1) / self.sfreq_in - (large - 1) / self.sfreq

    @property
    def memory_seconds(self) -> float:
        """Duration in seconds of the past on which a sample depends."""
        large = 10_000_000
        return (large / self.sfreq) - self.first_needed(large) / self.sfreq_in

    def used_channels(self, n_chans: int) -> npt.NDArray[np.int64]:
        """Return the indices of the input channels on which the output depends."""
        if self.operators and isinstance(self.operators[0], ChannelMatrix):
            return np.flatnonzero(self.operators[0].matrix.any(axis=0))
        return np.arange(n_chans)

    def n_known(self, n_seen: int) -> int:
        """Return the index after the last output sample that `n_seen` input samples determine."""
        for operator in self.operators:
            n_seen = operator.n_known(n_seen)
        return n_seen

    def n_needed(self, n_known: int) -> int:
        """Return the least number of input samples that determine `n_known` output samples."""
        for operator in reversed(self.operators):
            n_known = operator.n_needed(n_known)
        return n_known

    def first_needed(self, index: int) -> int:
        """Return the index of the first input sample on which an output sample depends."""
        for operator in reversed(self.operators):
            index = operator.first_needed(index)
        return index

    def start(self, index: int, first: Array) -> int:
        """Start at an input sample, and return the index of the first output sample.

        Parameters
        ----------
        index : int
            Index of the next input sample.
        first : array, shape (n_chans, 1)
            Value that continues the signal before it.
        """
        for operator in self.operators:
            operator.start(index, first)
            index, first = operator.first_known(index), operator.constant(first)
        return index

    def process(self, block: Array) -> Array:
        """Return the samples that are known after a block of shape (n_chans, n_samples)."""
        for operator in self.operators:
            block = operator.process(block)
        return block

    def reordered(self, order: Sequence[int], n_chans: int) -> CausalPreprocessing:
        """Return the preprocessing of a signal with other channels.

        Parameters
        ----------
        order : sequence of int
            Where each channel of this preprocessing is among the new ones.
        n_chans : int
            Number of the new channels.
        """
        matrix, operators = np.eye(n_chans)[list(order)], list(self.operators)
        if operators and isinstance(operators[0], ChannelMatrix):
            matrix = operators.pop(0).matrix @ matrix  # type: ignore[attr-defined]
        return dataclasses.replace(self, operators=[ChannelMatrix(matrix), *operators])

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        return {
            "operators": [described(operator) for operator in self.operators],
            "ch_names": list(self.ch_names),
            "sfreq_in": self.sfreq_in,
            "sfreq": self.sfreq,
            "differences": list(self.differences),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the preprocessing that `to_dict` described.

        Raises
        ------
        ValueError
            If an operator is unknown.
        """
        return cls(**{**values, "operators": [operator_of(each) for each in values["operators"]]})
