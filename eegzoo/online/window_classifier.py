"""Classifier of the windows of a running signal."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.utils.validation import check_is_fitted

from eegzoo.arguments import one_of
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.signal.signal_info import same_rate, shown_apart
from eegzoo.models.optimization import optimize_for_inference
from eegzoo.models.sequence_models import SequenceModel, needs_later_windows
from eegzoo.online.plausible_amplitude import PlausibleAmplitude
from eegzoo.online.running_person import RunningPerson
from eegzoo.online.running_signal.signal_buffer import RunningWindow
from eegzoo.online.running_signal.window_operators import WindowResampling
from eegzoo.online.running_signal.window_steps import window_operators
from eegzoo.training.classifier import EEGClassifier
from eegzoo.training.estimator import EEGEstimator
from eegzoo.training.prediction import compute_outputs
from eegzoo.training.targets.targets import Classes

Array = npt.NDArray[np.float64]

MICROVOLTS = 1e6


def fitted_classifier(classifier: EEGClassifier | str | os.PathLike[str]) -> EEGClassifier:
    """Return a fitted classifier from a name, a file or itself."""
    if isinstance(classifier, EEGEstimator):
        if not isinstance(classifier, EEGClassifier):
            raise TypeError(f"expected a classifier, got {type(classifier).__name__}")
        check_is_fitted(classifier, "model_")
    elif isinstance(classifier, Path) or Path(classifier).suffix == ".safetensors":
        classifier = EEGClassifier.load(classifier)
    else:
        classifier = EEGClassifier.from_weights(str(classifier))
        # Models of sequences were trained on them, which files of authors do not say.
        classifier.is_sequential_ |= isinstance(classifier.model_, SequenceModel)
    if classifier.is_sequential_ and needs_later_windows(classifier.model_):
        raise ValueError(
            "expected a network that needs no later windows, got "
            f"{type(classifier.model_).__name__}; for sleep, see eegzoo.sleep.SleepStream"
        )
    if not isinstance(classifier.targets_, Classes):
        raise ValueError(
            "expected a classifier of one label for each window, got one of several labels"
        )
    return classifier


class WindowClassifier:
    """Fitted classifier of windows in volts, which it preprocesses and checks.

    Parameters
    ----------
    classifier : EEGClassifier
        Fitted classifier.
    preprocessing : Preprocessing
        Preprocessing, of which the steps after the windows are applied.
    ch_names : sequence of str
        Channels of the windows.
    sfreq : float
        Their sampling rate in Hz.
    adapt : {"running"} | None
        How a person is known whom the classifier aligns, but is not adapted to.

    Raises
    ------
    ValueError
        If the classifier takes other windows, or statistics of people whom a stream does not know.
    """

    def __init__(
        self,
        classifier: EEGClassifier,
        preprocessing: Preprocessing,
        ch_names: Sequence[str],
        sfreq: float,
        adapt: str | None = None,
    ) -> None:
        self.classifier = classifier
        self._operators = window_operators(preprocessing, ch_names, sfreq)
        rates = [each.new_sfreq for each in self._operators if isinstance(each, WindowResampling)]
        self._rate = rates[-1] if rates else sfreq
        self._person = running_person(classifier, self._rate, adapt)
        self._is_sequential = classifier.is_sequential_
        self._model: Any = classifier.model_
        if not self._is_sequential:
            self._model = optimize_for_inference(classifier.model_)
        self._state: Any = None  # of a network that remembers windows
        self._next_start: int | None = None
        self._n_crops = classifier.settings().n_crops
        self._n_times = preprocessing.window.n_times(sfreq)
        self._check_window(ch_names, sfreq)
        signal = classifier.signal_info_
        self._amplitude = PlausibleAmplitude(
            classifier.amplitude_, None if signal is None else signal.ch_names, self._rate
        )

    def _check_window(self, ch_names: Sequence[str], sfreq: float) -> None:
        """Raise an error unless windows are like those of the training."""
        classifier = self.classifier
        shape = self._finished(np.zeros((len(ch_names), self._n_times))).shape
        expected = classifier.n_chans_, classifier.n_times_
        if shape != expected:
            raise ValueError(
                f"expected windows of {expected[0]} channels and {expected[1]} samples, got "
                f"{shape[0]} and {shape[1]} from channels {list(ch_names)} at {sfreq:g} Hz"
            )
        rate, signal = self._rate, classifier.signal_info_
        trained = classifier.model_.sfreq if signal is None else signal.sfreq
        # Windows of another rate can have as many samples.
        if trained is not None and not same_rate(trained, rate):
            wanted, found = shown_apart(trained, rate)
            raise ValueError(
                f"expected windows at {wanted} Hz, as in the training, got {found} Hz; resample "
                "in the preprocessing (Resample)"
            )

    def __call__(self, window: RunningWindow) -> tuple[str | None, Any]:
        """Return a reason to abstain and None, or None and the probabilities, (n_classes,)."""
        if window.fault is not None:
            return window.fault, None
        data = self._finished(window.data)
        is_checked = self.classifier.check_signal != "ignore"
        reason = self._amplitude.reason(data) if is_checked else None
        if reason is None and self._person is not None:
            self._person.add(window.start, data)
            reason = self._person.reason
        return reason, None if reason else self._probabilities(window.start, data)

    def _probabilities(self, start: int, data: Array) -> Any:
        targets, normalizer = self.classifier.targets_, self.classifier.normalizer_
        if self._person is not None:
            data = self._person.transform(data)
        elif self.classifier.alignment_ is not None:
            data = self.classifier.alignment_.transform(data[None])[0]
        if self._is_sequential:
            outputs = self._in_sequence(start, normalizer.transform(data[None]))
        else:
            outputs = compute_outputs(
                self._model, data[None], targets.average_crops, self._n_crops, None,
                normalizer.transform,
            )  # fmt: skip
        return targets.predictions(self.classifier._scaled(outputs))[0]

    def _in_sequence(self, start: int, normalized: Any) -> torch.Tensor:
        """Return the outputs for a window; one that does not follow the last begins a sequence."""
        state = self._state if start == self._next_start else None
        weight = next(self._model.parameters())
        x = torch.as_tensor(normalized).to(weight.device, weight.dtype)
        with torch.inference_mode():
            outputs, self._state = self._model(x, state, return_state=True)
        self._next_start = start + self._n_times
        found: torch.Tensor = outputs.cpu()
        return found

    def _finished(self, data: Array) -> Array:
        """Return a window in microvolts after the steps that follow the windows."""
        for operator in self._operators:
            data = operator(data)
        return data * MICROVOLTS


def running_person(
    classifier: EEGClassifier, sfreq: float, adapt: str | None
) -> RunningPerson | None:
    """Return the alignment that a stream runs, or None if it needs none."""
    waits = classifier.align_ is not None and classifier.alignment_ is None
    if adapt is not None:
        one_of("adapt", adapt, ("running",))
        if not waits or classifier.align_ is None:
            raise ValueError(
                "expected adapt='running' with a classifier that aligns each person, got one that "
                "aligns none, or is adapted to one"
            )
    adaptation = classifier.adaptation_
    if classifier.by_person_ and not (adaptation and "statistics" in adaptation.how):
        raise ValueError(
            "expected a classifier that is adapted to one person (EEGClassifier.adapt), because a "
            "stream has no statistics of people, got one that takes those of each person in use"
        )
    if not waits or classifier.align_ is None:
        return None
    if adapt is None:
        raise ValueError(
            "expected adapt='running' or a classifier that is adapted to one person "
            f"(EEGClassifier.adapt), got one that aligns each person in use "
            f"({classifier.align_.method})"
        )
    return RunningPerson(classifier.align_, sfreq)
