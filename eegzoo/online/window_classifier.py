"""Classifier of the windows of a running signal."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from eegzoo.arguments import one_of
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.signal.amplitude import check_amplitude
from eegzoo.models.optimization import optimize_for_inference
from eegzoo.online.running_person import RunningPerson
from eegzoo.online.running_signal.signal_buffer import RunningWindow
from eegzoo.online.running_signal.window_operators import window_operators
from eegzoo.training.classifier import EEGClassifier
from eegzoo.training.estimator import EEGEstimator
from eegzoo.training.prediction import compute_outputs

Array = npt.NDArray[np.float64]

_MICROVOLTS = 1e6
# Ratio of the amplitudes of two windows up to which a check of one holds for the other.
_ALIKE = 3.0


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
    if classifier.is_sequential_:
        raise ValueError(
            "expected a classifier of single windows, got one of sequences; for sleep, use "
            "eegzoo.sleep.SleepStream"
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
        self.classifier, self.sfreq = classifier, sfreq
        self._person = _running_person(classifier, sfreq, adapt)
        self._operators, _ = window_operators(preprocessing, ch_names, sfreq)
        self._model: Any = optimize_for_inference(classifier.model_)
        self._plausible_scale = np.nan
        self._n_crops = classifier.settings().n_crops
        blank = np.zeros((len(ch_names), preprocessing.window.n_times(sfreq)))
        shape, expected = self._finished(blank).shape, (classifier.n_chans_, classifier.n_times_)
        if shape != expected:
            raise ValueError(
                f"expected windows of {expected[0]} channels and {expected[1]} samples, got "
                f"{shape[0]} and {shape[1]} from channels {list(ch_names)} at {sfreq:g} Hz"
            )

    def __call__(self, window: RunningWindow) -> tuple[str | None, Any]:
        """Return a reason to abstain and None, or None and the probabilities, (n_classes,)."""
        if window.fault is not None:
            return window.fault, None
        data = self._finished(window.data)
        reason = self._implausible(data)
        if reason is None and self._person is not None:
            self._person.add(window.start, data)
            reason = self._person.reason
        return reason, None if reason else self._probabilities(data)

    def _probabilities(self, data: Array) -> Any:
        targets, normalizer = self.classifier.targets_, self.classifier.normalizer_
        if self._person is not None:
            data = self._person.transform(data)
        elif self.classifier.alignment_ is not None:
            data = self.classifier.alignment_.transform(data[None])[0]
        outputs = compute_outputs(
            self._model, data[None], targets.average_crops, self._n_crops, None,
            normalizer.transform,
        )  # fmt: skip
        return targets.predictions(self.classifier._scaled(outputs))[0]

    def _finished(self, data: Array) -> Array:
        """Return a window in microvolts after the steps that follow the windows."""
        for operator in self._operators:
            data = operator(data)
        return data * _MICROVOLTS

    def _implausible(self, data: Array) -> str | None:
        """Return why a window cannot be EEG like that of the training, or None."""
        if self.classifier.check_signal == "ignore":
            return None
        # The check takes longer than the classification: a window like the last good one is good.
        scale = float(np.median(data.std(axis=1)))
        if 1 / _ALIKE < scale / self._plausible_scale < _ALIKE:
            return None
        self._plausible_scale = np.nan
        signal = self.classifier.signal_info_
        known = {} if signal is None else {"ch_names": signal.ch_names}
        try:
            check_amplitude(
                data[None], self.classifier.amplitude_, "raise", sfreq=self.sfreq, **known
            )
        except ValueError as error:
            return str(error).removesuffix(" (check_signal='ignore' skips this check)")
        self._plausible_scale = scale
        return None


def _running_person(
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
