"""Trained weights on the recordings of people whom they were not trained on."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import mne
import numpy as np

from eegzoo.data.reading.recording import Recording
from eegzoo.reproduction.figures.score import Score
from eegzoo.reproduction.run import Run
from eegzoo.training.classifier import EEGClassifier
from eegzoo.weights.catalogue import find_weights, names_of_folds
from eegzoo.weights.weights import Weights

# Of each run, the authors took the first seven windows of a label.
_PER_RUN = 7
_REST_RUN, _FEET_RUNS, _REST_SECONDS = "1", ("6", "10", "14"), 3.0


def as_it_is(
    recordings: Sequence[Recording], run: Run, *, weights: str, label: str, last: int = 0
) -> list[Score]:
    """Return the accuracy of weights on all windows of recordings with the weights' labels.

    Parameters
    ----------
    recordings : sequence of Recording
        Recordings of people, or for ``last`` of one.
    run : Run
        Run.
    weights : str
        Name of the weights.
    label : str
        Label of the score.
    last : int
        Number of last windows to test. 0: all.
    """
    found = find_weights(weights)
    classifier = EEGClassifier.from_weights(found)
    right = np.concatenate([_right(found, classifier, each) for each in recordings])[-last:]
    return [Score.share(label, int(right.sum()), len(right))]


def _right(weights: Weights, classifier: EEGClassifier, recording: Recording) -> Any:
    epochs = weights.epochs(recording.raw)
    names = {code: name for name, code in epochs.event_id.items()}
    true = np.array([names[code] for code in epochs.events[:, 2]])
    return classifier.predict(epochs) == true


def folds_of_a_family(
    recordings: Sequence[Recording], run: Run, *, family: str, label: str
) -> list[Score]:
    """Return the mean over folds of the accuracy in the people that a fold's weights never saw.

    Windows are those of Wang et al. (2020): of each run the first seven of a label, and rest from
    run 1 in windows of 3 s, one after the other, and one drawn at random, for which the authors
    did not keep the seed.

    Parameters
    ----------
    recordings : sequence of Recording
        Runs of EEGMMIDB.
    run : Run
        Run. The seed draws the last window of rest.
    family : str
        Name of the weights without their fold.
    label : str
        Label of the score.
    """
    found = [find_weights(name) for name in names_of_folds(family)]
    labels = found[0].metadata.labels
    generator = np.random.default_rng(run.seeds[0])
    chosen = [_first_windows(each, labels, generator) for each in recordings]
    accuracy, n_windows = {}, 0
    for fold, weights in enumerate(found):
        classifier = EEGClassifier.from_weights(weights)
        seen = set(weights.metadata.training.subjects)
        own = [each for each in chosen if each.metadata["subject"] not in seen]
        right = np.concatenate([_right(weights, classifier, each) for each in own])
        accuracy[str(fold)], n_windows = float(right.mean()), n_windows + len(right)
        run.say(f"{weights.name}: {right.mean():.3f}")
    return [Score.mean(label, accuracy, n_windows, of="folds")]


def _first_windows(
    recording: Recording, labels: Sequence[str], generator: np.random.Generator
) -> Recording:
    """Return a run with the annotations that the authors took."""
    raw = recording.raw.copy()
    if recording.run == _REST_RUN:
        length = raw.n_times / raw.info["sfreq"]
        onsets = np.append(_REST_SECONDS * np.arange(20), generator.uniform(0.0, 57.0))
        onsets = np.sort(onsets[onsets + _REST_SECONDS <= length])
        raw.set_annotations(mne.Annotations(onsets, 0.0, "rest"))
        return dataclasses.replace(recording, raw=raw)
    wanted = {"feet"} if recording.run in _FEET_RUNS else {"left_fist", "right_fist"}
    counts: dict[str, int] = {}
    kept = []
    for place, name in enumerate(raw.annotations.description):
        counts[name] = counts.get(name, 0) + 1
        if name in wanted & set(labels) and counts[name] <= _PER_RUN:
            kept.append(place)
    raw.set_annotations(raw.annotations[kept])
    return dataclasses.replace(recording, raw=raw)
