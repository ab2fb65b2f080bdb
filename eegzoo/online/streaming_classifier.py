"""Classifier of a running signal."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence

from eegzoo.data.preprocessing.causal_form import check_causal
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.online.decision_stream import DecisionStream
from eegzoo.online.running_signal.causal_preprocessing import CausalPreprocessing
from eegzoo.online.running_signal.causal_steps import causal_preprocessing
from eegzoo.online.window_classifier import WindowClassifier, fitted_classifier
from eegzoo.training.classifier import EEGClassifier

_DEFAULT_STEP = 0.25  # seconds


class StreamingClassifier(DecisionStream):
    """Classifier of a running signal, with the numbers that it computes offline.

    The preprocessing that was saved with the classifier is applied as the samples arrive. Windows
    start every `step_seconds`, rounded to samples, from the start of the stream, as in
    `EEGClassifier.predict_recording`, whose probabilities they have, except that filters that run
    in both directions run forwards only (`differences`). Linear-phase filters and resampling delay
    a decision by `delay_seconds`.

    A classifier of sequences, such as a network that stages sleep, classifies one window after the
    other and remembers those before; a window that does not follow the last one begins a new
    sequence, as offline. Networks that need later windows are refused; `eegzoo.sleep.SleepStream`
    runs some of them.

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
    step_seconds : float | None
        Interval between successive decisions in seconds. None: a quarter of a second or, with a
        network that remembers the windows before, such as TinySleepNet, the length of a window.
    adapt : {"running"} | None
        With a classifier that aligns each person: "running" aligns by the windows of the stream so
        far, the latest hundred that do not overlap, and abstains from the first nine. None: the
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
        If a channel is missing, there is no preprocessing, or the classifier needs what a stream
        does not have, such as later windows, the statistics of a person, or several labels of one
        window.

    See Also
    --------
    compare : Accuracy offline and in a stream.
    OnnxStreamingClassifier : Classifier of a running signal that needs no torch.

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
        step_seconds: float | None = None,
        adapt: str | None = None,
        preprocessing: Preprocessing | None = None,
        ch_types: str | Sequence[str] = "eeg",
        flat_seconds: float = 1.0,
        max_jitter_seconds: float = 0.02,
    ) -> None:
        self.classifier, self.adapt = fitted_classifier(classifier), adapt
        chosen = preprocessing or self.classifier.preprocessing_
        if chosen is None:
            raise ValueError(
                "expected preprocessing, because the classifier was fitted on windows or saved "
                "without it; got None"
            )
        if self.classifier.causal:
            check_causal(chosen)
        trained = self.classifier.signal_info_
        if trained is not None:
            other = dataclasses.replace(trained, processing=chosen.processing)
            trained.check_processing(other, self.classifier.check_signal)
        self.preprocessing = chosen
        super().__init__(
            self.classifier.classes_, chosen.window.tmin,
            step_seconds=_DEFAULT_STEP if step_seconds is None else step_seconds,
            flat_seconds=flat_seconds, max_jitter_seconds=max_jitter_seconds,
        )  # fmt: skip
        self._is_default_step = step_seconds is None
        self.announce(ch_names, sfreq, ch_types)

    def _causal_for(
        self, ch_names: Sequence[str], sfreq: float, ch_types: str | Sequence[str]
    ) -> CausalPreprocessing:
        causal = causal_preprocessing(
            self.preprocessing, ch_names, sfreq, self.classifier.signal_info_, ch_types
        )
        if self.classifier.is_sequential_:
            self._follow_windows(causal.sfreq)
        return causal

    def _follow_windows(self, rate: float) -> None:
        """Let the windows of a network that remembers the ones before follow each other."""
        n_times = self._length_at(rate)
        if self._is_default_step:
            self.step_seconds = n_times / rate
        if round(self.step_seconds * rate) != n_times:
            raise ValueError(
                f"expected step_seconds of {n_times / rate:g} s, the length of a window, because "
                f"the network remembers the windows before, got {self.step_seconds:g} s"
            )

    def _aligns_otherwise(self) -> bool:
        return self.adapt == "running" and not self.classifier.causal

    def _length_at(self, sfreq: float) -> int:
        return self.preprocessing.window.n_times(sfreq)

    def _window_classifier(self) -> WindowClassifier:
        return WindowClassifier(
            self.classifier, self.preprocessing, self._causal.ch_names, self._causal.sfreq,
            self.adapt,
        )  # fmt: skip
