"""What a source of a running signal provides."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt


@dataclasses.dataclass(frozen=True)
class Chunk:
    """Samples that have arrived.

    Parameters
    ----------
    data : array, shape (n_chans, n_samples)
        Samples in volts.
    times : array, shape (n_samples,) | None
        Time stamps in seconds. None: the source has none.

    Examples
    --------
    >>> Chunk(np.zeros((2, 5))).n_samples
    5
    """

    data: npt.NDArray[np.float64]
    times: npt.NDArray[np.float64] | None = None

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return int(self.data.shape[1])


class Source(abc.ABC):
    """Base class of sources, which are context managers: they connect and disconnect.

    Examples
    --------
    >>> class Silence(Source):
    ...     ch_names, ch_types, sfreq = ["Cz"], ["eeg"], 100.0
    ...     def connect(self): pass
    ...     def disconnect(self): pass
    ...     def read(self): return Chunk(np.zeros((1, 10)))
    >>> with Silence() as source:
    ...     source.read().n_samples
    10
    """

    ch_names: Sequence[str]
    ch_types: Sequence[str]
    sfreq: float
    # Largest difference of a time stamp from its sample's time in seconds.
    max_jitter_seconds: float = 0.02

    @abc.abstractmethod
    def connect(self) -> None:
        """Connect, so that `ch_names`, `ch_types` and `sfreq` are known."""

    @abc.abstractmethod
    def disconnect(self) -> None:
        """Disconnect."""

    @abc.abstractmethod
    def read(self) -> Chunk | None:
        """Return the samples that arrived since the last call, or None after the end."""

    def __enter__(self) -> Self:
        """Connect."""
        self.connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect."""
        self.disconnect()
