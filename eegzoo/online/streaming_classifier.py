"""Classifier of a running signal."""

from __future__ import annotations

import os
import time as clock
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import number_between
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.online.decision import ABSTAIN, Decision, Latency
from eegzoo.online.running_signal.causal_preprocessing import (
    CausalPreprocessing,
    causal_preprocessing,
)
from eegzoo.online.running_signal.signal_buffer import RunningWindow, SignalBuffer
from eegzoo.online.window_classifier import WindowClassifier, fitted_classifier
from eegzoo.training.classifier import EEGClassifier

Array = npt.NDArray[np.float64]

_N_LATENCIES = 10_000


class StreamingClassifier:
    """Classifier of a running signal, with the numbers that it computes offline.

    The preprocessing that was saved with the classifier is applied as the samples arrive. Windows
    start every `step_seconds`, rounded to samples, from the start of the stream, as in
    `EEGClassifier.predict_recording`, whose probabilities they have, except that filters that run
    in both directions run forwards only (`differences`). Linear-phase filters and resampling delay
    a decision by `delay_seconds`.

    A window with lost samples, with numbers that are not finite, or with a channel without a
    signal, also if a filter only brings them into it, is answered with "abstain" and the reason.
    Decisions resume as soon as a window is free of them.

    Parameters
    ----------
    classifier : EEGClassifier | str | path-like
        Fitted classifier, name of trained weights, or file of a saved classifier.
    ch_names : sequence of str
        Channels of the stream in its order. They are matched by name; those that the classifier
        does not know are ignored.
    sfreq : float
        Sampling rate of the stream in Hz.
    step_seconds : float
        Interval between successive decisions in seconds.
    adapt : {"running"} | None
        With a classifier that aligns each person: "running" aligns by the windows of the stream so
        far, the latest hundred that do not overlap, and abstains from the first ten. None: the
        classifier must be adapted to one person (`EEGClassifier.adapt`).
    preprocessing : Preprocessing | None
        Preprocessing of the recordings that the classifier was trained on. None: the one that was
        saved with it.
    ch_types : str | sequence of str
        MNE's type of the channels, or of each.
    flat_seconds : float
        Time in seconds after which a channel whose samples are all equal has no signal.
    max_jitter_seconds : float
        Largest difference of a time stamp from its sample's time. Fewer lost samples than that
        cannot be told from jitter.

    Attributes
    ----------
    delay_seconds : float
        Time in seconds from the end of a window until the samples are there that its filters need.
    differences : list of str
        What is computed otherwise than offline; `compare` measures by how much.

    Raises
    ------
    ValueError
        If a channel is missing, or there is no preprocessing.

    See Also
    --------
    compare : Accuracy offline and in a stream.

    Examples
    --------
    >>> from eegzoo.data import Epoch, Filter, Preprocessing
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=12, random_state=0)
    >>> preprocessing = Preprocessing([Filter(4.0, 38.0), Epoch(0.0, seconds=2.0)])
    >>> classifier = eegzoo.training.EEGClassifier("eegnet", max_epochs=2, random_state=0)
    >>> classifier = classifier.fit(preprocessing.epochs(raw))
    >>> stream = eegzoo.online.StreamingClassifier(
    ...     classifier, ch_names=raw.ch_names, sfreq=raw.info["sfreq"], preprocessing=preprocessing
    ... )
    >>> decisions = [each for start in range(0, 1000, 50)
    ...              for each in stream.push(raw.get_data(start=start, stop=start + 50))]
    >>> round(stream.delay_seconds, 3), decisions[0].reason
    (0.82, 'the filters have not settled yet')
    >>> decisions[-1].label in classifier.classes_
    True
    """

    def __init__(
        self,
        classifier: EEGClassifier | str | os.PathLike[str],
        *,
        ch_names: Sequence[str],
        sfreq: float,
        step_seconds: float = 0.25,
        adapt: str | None = None,
        preprocessing: Preprocessing | None = None,
        ch_types: str | Sequence[str] = "eeg",
        flat_seconds: float = 1.0,
        max_jitter_seconds: float = 0.02,
    ) -> None:
        self.classifier, self.adapt = fitted_classifier(classifier), adapt
        self.step_seconds = number_between("step_seconds", step_seconds, 0.0, 3600.0, above=True)
        self.flat_seconds = number_between("flat_seconds", flat_seconds, 0.0, above=True)
        self.max_jitter_seconds = number_between("max_jitter_seconds", max_jitter_seconds, 0.0)
        chosen = preprocessing or self.classifier.preprocessing_
        if chosen is None:
            raise ValueError(
                "expected preprocessing, because the classifier was fitted on windows or saved "
                "without it; got None"
            )
        self.preprocessing = chosen
        self.classes_ = self.classifier.classes_
        self._latencies: deque[float] = deque(maxlen=_N_LATENCIES)
        self._n_decisions = 0
        self.announce(ch_names, sfreq, ch_types)

    def announce(
        self, ch_names: Sequence[str], sfreq: float, ch_types: str | Sequence[str] = "eeg"
    ) -> None:
        """Take a stream with these channels, in this order and at this rate, from now on.

        The past is forgotten. Parameters are those of the class.
        """
        number_between("sfreq", sfreq, 0.0, above=True)
        if isinstance(ch_names, str) or not ch_names:
            raise ValueError(f"expected ch_names to be a sequence of names, got {ch_names!r}")
        self._causal: CausalPreprocessing = causal_preprocessing(
            self.preprocessing, ch_names, sfreq, self.classifier.signal_info_, ch_types
        )
        self.ch_names, self.sfreq = list(ch_names), float(sfreq)
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
        return list(self._causal.differences)

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
            New samples in volts, any number of them.
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
            If the chunk has another number of channels.
        """
        started = clock.perf_counter()
        samples = self._samples("chunk", chunk)
        if samples.shape[1] == 0:
            return []
        return [self._decision(window, started) for window in self._buffer.push(samples, times)]

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
            Times of the windows' events in seconds from the start of the signal.

        Returns
        -------
        array, shape (n_windows, n_classes)
            Probabilities. NaN: the stream abstains, or the signal ends before the decision.
        """
        samples = self._samples("data", data)
        rate, shift = self._causal.sfreq, round(self.preprocessing.window.tmin * self._causal.sfreq)
        starts = np.round(np.asarray(onsets) * rate).astype(np.int64) + shift
        order = np.argsort(starts, kind="stable")
        never = np.iinfo(np.int64).max // 4
        buffer = self._buffer_of(
            lambda number: int(starts[order[number]]) if number < len(order) else never
        )
        classify = self._window_classifier()
        probabilities = np.full((len(starts), len(self.classes_)), np.nan)
        for number, window in enumerate(buffer.push(samples, None)):
            _, found = classify(window)
            if found is not None:
                probabilities[order[number]] = found
        return probabilities

    def _samples(self, name: str, data: npt.ArrayLike) -> Array:
        samples = np.array(data, np.float64)
        if samples.ndim != 2 or len(samples) != len(self.ch_names):
            raise ValueError(
                f"expected {name} of shape ({len(self.ch_names)}, n_samples), got {samples.shape}"
            )
        return samples

    def _window_classifier(self) -> WindowClassifier:
        return WindowClassifier(
            self.classifier, self.preprocessing, self._causal.ch_names, self._causal.sfreq,
            self.adapt,
        )  # fmt: skip

    def _buffer_of(self, start_of: Callable[[int], int]) -> SignalBuffer:
        return SignalBuffer(
            self._causal, self.ch_names, self.preprocessing.window.n_times(self._causal.sfreq),
            start_of, flat_seconds=self.flat_seconds, max_jitter_seconds=self.max_jitter_seconds,
        )  # fmt: skip

    def _decision(self, window: RunningWindow, started: float) -> Decision:
        n_times, ratio = self.preprocessing.window.n_times(self._causal.sfreq), self._ratio
        onset, end = (
            self._buffer.clock.time_of(index * ratio)
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
