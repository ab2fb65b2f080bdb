"""Trained classifiers and recordings for the tests of running signals."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import mne
import numpy as np

from eegzoo.data import (
    Baseline,
    Epoch,
    Filter,
    Notch,
    Preprocessing,
    Reference,
    Resample,
    Scale,
    simulate_motor_imagery,
)
from eegzoo.online import Decision, StreamingClassifier
from eegzoo.training import EEGClassifier

WINDOW = Epoch(0.0, seconds=2.0)
PREPROCESSINGS = {
    "fir": [Filter(4.0, 38.0), WINDOW],
    "forward": [Filter(4.0, 38.0, "forward"), WINDOW],
    "chain": [Scale(1.0), Reference(), Filter(4.0, None), Notch([50.0]), Resample(100.0), WINDOW],
    "baseline": [Filter(4.0, 38.0), Epoch(-0.5, seconds=2.0), Baseline(None, 0.0), Reference()],
    "windows alone": [WINDOW],
}


@functools.cache
def recording() -> mne.io.BaseRaw:
    """Return a recording with offsets, as amplifiers have them."""
    raw = simulate_motor_imagery(n_trials=12, random_state=0)
    return raw.apply_function(lambda data: data + 1e-3, verbose=False)


@functools.cache
def trained(name: str, model: str = "eegnet") -> tuple[EEGClassifier, Preprocessing]:
    """Return a classifier of the recording's trials, and its preprocessing."""
    preprocessing = Preprocessing(PREPROCESSINGS[name])
    classifier = EEGClassifier(model, max_epochs=1, check_signal="ignore", random_state=0)
    return classifier.fit(preprocessing.epochs(recording())), preprocessing


def streaming(name: str = "fir", **options: Any) -> StreamingClassifier:
    """Return a classifier of a stream of the recording."""
    classifier, preprocessing = trained(name)
    raw = recording()
    given = {"ch_names": raw.ch_names, "sfreq": raw.info["sfreq"], **options}
    return StreamingClassifier(classifier, preprocessing=preprocessing, **given)


def push_all(stream: StreamingClassifier, data: Any, cuts: Iterable[int]) -> list[Decision]:
    """Push signals in chunks, and return all decisions."""
    decisions: list[Decision] = []
    for chunk in np.split(data, list(cuts), axis=1):
        decisions += stream.push(chunk)
    return decisions
