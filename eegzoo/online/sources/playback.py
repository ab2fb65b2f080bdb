"""A recording that is played."""

from __future__ import annotations

import time

import mne
import numpy as np

from eegzoo.arguments import number_between, positive_int
from eegzoo.online.sources.source import Chunk, Source


class Playback(Source):
    """Source that plays a recording.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording.
    speed : float
        Speed, where 1 is real time. Infinity: as fast as chunks are read.
    chunk_size : int
        Number of samples in a chunk.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=2, random_state=0)
    >>> with Playback(raw, speed=np.inf, chunk_size=100) as source:
    ...     first = source.read()
    >>> first.n_samples, first.times[:2]
    (100, array([0.       , 0.0078125]))
    """

    def __init__(self, raw: mne.io.BaseRaw, *, speed: float = 1.0, chunk_size: int = 32) -> None:
        self.speed = speed if speed == np.inf else number_between("speed", speed, 0.0, above=True)
        self.chunk_size = positive_int("chunk_size", chunk_size)
        self._raw = raw
        self.ch_names, self.ch_types = list(raw.ch_names), list(raw.get_channel_types())
        self.sfreq = float(raw.info["sfreq"])
        self._next = 0
        self._started = 0.0

    def connect(self) -> None:
        """Start at the beginning."""
        self._next, self._started = 0, time.monotonic()

    def disconnect(self) -> None:
        """Do nothing."""

    def read(self) -> Chunk | None:
        """Return the next chunk as soon as it is due, or None at the end."""
        if self._next >= self._raw.n_times:
            return None
        stop = min(self._next + self.chunk_size, self._raw.n_times)
        if np.isfinite(self.speed):
            due = self._started + stop / self.sfreq / self.speed
            time.sleep(max(0.0, due - time.monotonic()))
        data = self._raw.get_data(start=self._next, stop=stop, verbose="ERROR")
        chunk = Chunk(data, np.arange(self._next, stop) / self.sfreq)
        self._next = stop
        return chunk
