"""What classifiers of running signals have in common: chunks in, decisions out."""

from __future__ import annotations

import abc
import time as clock
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import number_between
from eegzoo.online.decision import ABSTAIN, Decision, Latency
from eegzoo.online.running_signal.causal_preprocessing import CausalPreprocessing
from eegzoo.online.running_signal.signal_buffer import RunningWindow, SignalBuffer

Array = npt.NDArray[np.float64]
# Function of a window that returns a reason to abstain and None, or None and probabilities.
Classify = Callable[[RunningWindow], tuple[str | None, Any]]

_N_LATENCIES = 10_000


class DecisionStream(abc.ABC):
    """Base class of classifiers of running signals.

    Subclasses say how a signal is processed before its windows, and what is done with a window.

    Parameters
    ----------
    classes : array, shape (n_classes,)
        Labels, in the order of the probabilities.
    tmin : float
        Start of a window in seconds, relative to its event.
    step_seconds : float
        Interval between successive decisions in seconds.
    flat_seconds : float
        Time in seconds after which a channel whose samples are all equal has no signal.
    max_jitter_seconds : float
        Largest difference of a time stamp from its sample's time.
    """

    _causal: CausalPreprocessing

    def __init__(
        self,
        classes: npt.NDArray[Any],
        tmin: float,
        *,
        step_seconds: float,
        flat_seconds: float,
        max_jitter_seconds: float,
    ) -> None:
        self.classes_ = classes
        self._tmin = tmin
        self.step_seconds = number_between("step_seconds", step_seconds, 0.0, 3600.0, above=True)
        self.flat_seconds = number_between("flat_seconds", flat_seconds, 0.0, above=True)
        self.max_jitter_seconds = number_between("max_jitter_seconds", max_jitter_seconds, 0.0)
        self._latencies: deque[float] = deque(maxlen=_N_LATENCIES)
        self._n_decisions = 0

    @abc.abstractmethod
    def _causal_for(
        self, ch_names: Sequence[str], sfreq: float, ch_types: str | Sequence[str]
    ) -> CausalPreprocessing:
        """Return the preprocessing before the windows of a stream with these channels."""

    @abc.abstractmethod
    def _length_at(self, sfreq: float) -> int:
        """Return the number of samples in a window at a sampling rate."""

    @abc.abstractmethod
    def _window_classifier(self) -> Classify:
        """Return a classifier of windows without a past."""

    def announce(
        self, ch_names: Sequence[str], sfreq: float, ch_types: str | Sequence[str] = "eeg"
    ) -> None:
        """Take a stream with these channels, in this order and at this rate, from now on.

        The past is forgotten. Parameters are those of the class.
        """
        number_between("sfreq", sfreq, 0.0, above=True)
        if isinstance(ch_names, str) or not len(ch_names):
            raise ValueError(f"expected ch_names to be a sequence of names, got {ch_names!r}")
        names = list(ch_names)
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"expected ch_names that differ, got {twice} more than once")
        if not isinstance(ch_types, str) and len(ch_types) != len(names):
            raise ValueError(
                f"expected ch_types of {len(names)} channels, got {len(ch_types)} types"
            )
        self._causal = self._causal_for(names, float(sfreq), ch_types)
        self.ch_names, self.sfreq = names, float(sfreq)
        self._ratio = self.sfreq / self._causal.sfreq
        self.reset()

    def reset(self) -> None:
        """Forget the signal, so that the next chunk starts a stream."""
        rate = self._causal.sfreq
        step = round(self.step_seconds * rate)
        if step < 1:
            raise ValueError(
                f"expected step_seconds of at least one sample at {rate:g} Hz, got "
                f"{self.step_seconds:g} s"
            )
        self._buffer = self._buffer_of(lambda number: number * step)
        self._classify = self._window_classifier()

    @property
    def delay_seconds(self) -> float:
        """Time in seconds from the end of a window until the samples its filters need are there."""
        return self._causal.delay_seconds

    @property
    def differences(self) -> list[str]:
        """What is computed otherwise than offline."""
        found = list(self._causal.differences)
        if self._aligns_otherwise():
            found.append("a person is aligned by all windows offline, by those so far in a stream")
        return found

    def _aligns_otherwise(self) -> bool:
        """Return whether a person is aligned otherwise than offline."""
        raise NotImplementedError

    @property
    def latency(self) -> Latency:
        """Times from the call of `push` to each decision."""
        known = np.array(self._latencies) if self._latencies else np.array([np.nan])
        return Latency(
            self._n_decisions, float(np.median(known)), float(np.percentile(known, 99)),
            float(known.max()),
        )  # fmt: skip

    @property
    def n_lost(self) -> int:
        """Number of samples that the time stamps say are missing."""
        return self._buffer.clock.n_lost

    @property
    def n_repeated(self) -> int:
        """Number of samples that came twice, and were used once."""
        return self._buffer.clock.n_repeated

    def push(self, chunk: npt.ArrayLike, times: npt.ArrayLike | None = None) -> list[Decision]:
        """Return the decisions that are due after new samples.

        Parameters
        ----------
        chunk : array, shape (n_chans, n_samples)
            New samples in volts, any number of them. Masked samples are missing ones.
        times : sequence of float, shape (n_samples,) | None
            Time stamp of each sample in seconds, by which lost and repeated samples are found.
            None: the samples follow those before.

        Returns
        -------
        list of Decision
            Decisions, often none.

        Raises
        ------
        ValueError
            If the chunk has another number of channels, or is not of real numbers; or if there is
            not one finite time for each sample.
        """
        started = clock.perf_counter()
        windows = self._buffer.push(self._samples("chunk", chunk), times)
        return [self._decision(window, started) for window in windows]

    def probabilities_at(
        self, data: npt.ArrayLike, onsets: Sequence[float] | npt.NDArray[np.float64]
    ) -> Array:
        """Return what a stream says of windows that begin at given times, such as trials.

        The state of this stream is not used and does not change.

        Parameters
        ----------
        data : array, shape (n_chans, n_times)
            The whole signal in volts.
        onsets : array of float, shape (n_windows,)
            Times of the windows' events in seconds from the start of the signal, in any order.

        Returns
        -------
        array, shape (n_windows, n_classes)
            Probabilities. NaN: the stream abstains, or the signal ends before the decision.

        Raises
        ------
        ValueError
            If the shape of `data` is wrong, or an onset is not a time within the signal.
        """
        return self._answers_at(data, onsets)[0]

    def _answers_at(self, data: npt.ArrayLike, onsets: Any) -> tuple[Array, list[bool]]:
        """Return probabilities, and whether the samples of each window are known and good."""
        samples = self._samples("data", data)
        rate = self._causal.sfreq
        times = _checked_onsets(onsets, samples.shape[1] / self.sfreq)
        starts = np.round(times * rate).astype(np.int64) + round(self._tmin * rate)
        order = np.argsort(starts, kind="stable")
        never = np.iinfo(np.int64).max // 4
        buffer = self._buffer_of(
            lambda number: int(starts[order[number]]) if number < len(order) else never
        )
        classify = self._window_classifier()
        probabilities = np.full((len(starts), len(self.classes_)), np.nan)
        is_good = [False] * len(starts)
        for number, window in enumerate(buffer.push(samples, None)):
            is_good[order[number]] = window.fault is None
            _, found = classify(window)
            if found is not None:
                probabilities[order[number]] = found
        return probabilities, is_good

    def _samples(self, name: str, data: npt.ArrayLike) -> Array:
        given = np.ma.asarray(data) if np.ma.isMaskedArray(data) else np.asarray(data)
        if given.dtype.kind not in "fiu":
            raise ValueError(f"expected {name} of real numbers, got {given.dtype}")
        if given.ndim != 2 or len(given) != len(self.ch_names):
            raise ValueError(
                f"expected {name} of shape ({len(self.ch_names)}, n_samples), got {given.shape}"
            )
        samples = np.array(np.ma.getdata(given), np.float64, order="C")
        if np.ma.is_masked(given):
            samples[np.ma.getmaskarray(given)] = np.nan
        return samples

    def _buffer_of(self, start_of: Callable[[int], int]) -> SignalBuffer:
        return SignalBuffer(
            self._causal, self.ch_names, self._length_at(self._causal.sfreq), start_of,
            flat_seconds=self.flat_seconds, max_jitter_seconds=self.max_jitter_seconds,
        )  # fmt: skip

    def _decision(self, window: RunningWindow, started: float) -> Decision:
        n_times = self._length_at(self._causal.sfreq)
        onset, end = (
            self._buffer.clock.time_of(index * self._ratio)
            for index in (window.start, window.start + n_times)
        )
        reason, probabilities = self._classify(window)
        label: Any = ABSTAIN
        if probabilities is not None:
            label = self.classes_[int(probabilities.argmax())]
        latency = clock.perf_counter() - started
        self._n_decisions += 1
        self._latencies.append(latency)
        return Decision(end, onset, label, probabilities, reason, latency)


def _checked_onsets(onsets: Any, seconds: float) -> Array:
    """Return onsets as an array, or raise an error unless they are times within a signal."""
    times = np.asarray(onsets, np.float64)
    if times.ndim != 1:
        raise ValueError(f"expected onsets of shape (n_windows,), got {times.shape}")
    wrong = times[~((times >= 0) & (times <= seconds))]
    if len(wrong):
        raise ValueError(
            f"expected onsets from 0 to {seconds:g} s, the length of the signal, got {wrong[0]:g}"
        )
    return times
