"""Offline against a stream: what a causal preprocessing changes for the same trials."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

import mne
import numpy as np

from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.online.streaming_classifier import StreamingClassifier
from eegzoo.training.classifier import EEGClassifier


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Predictions of the same trials offline and in a stream.

    Parameters
    ----------
    n_trials : int
        Number of trials that both predict.
    n_left_out : int
        Number of trials that a stream abstains from, such as those before the filters have
        settled.
    accuracy_offline, accuracy_online : float
        Share of the trials that are predicted right.
    agreement : float
        Share of the trials with the same prediction.
    largest_difference : float
        Largest difference of a probability.
    delay_seconds : float
        Time in seconds from the end of a window until its decision.
    differences : sequence of str
        What a stream computes otherwise.

    Examples
    --------
    >>> print(Comparison(40, 1, 0.9, 0.875, 0.95, 0.2, 0.0, ("one filter",)))
    40 trials: accuracy 0.900 offline, 0.875 as a stream, which agree on 0.950 of the trials
    largest difference of a probability 0.2; a decision comes 0 ms after its window
    1 trial is left out, because a stream abstains from it
    differs from offline: one filter
    """

    n_trials: int
    n_left_out: int
    accuracy_offline: float
    accuracy_online: float
    agreement: float
    largest_difference: float
    delay_seconds: float
    differences: Sequence[str]

    def __str__(self) -> str:
        """Return a summary in a few lines."""
        lines = [
            f"{self.n_trials} trials: accuracy {self.accuracy_offline:.3f} offline, "
            f"{self.accuracy_online:.3f} as a stream, which agree on {self.agreement:.3f} of the "
            "trials",
            f"largest difference of a probability {self.largest_difference:.2g}; a decision comes "
            f"{1e3 * self.delay_seconds:.0f} ms after its window",
        ]
        if self.n_left_out:
            what = "trial is" if self.n_left_out == 1 else "trials are"
            from_them = "it" if self.n_left_out == 1 else "them"
            lines.append(
                f"{self.n_left_out} {what} left out, because a stream abstains from {from_them}"
            )
        return "\n".join([*lines, *(f"differs from offline: {each}" for each in self.differences)])


def compare(
    classifier: EEGClassifier | str | os.PathLike[str],
    raw: mne.io.BaseRaw,
    event_id: Mapping[str, Any] | None = None,
    *,
    preprocessing: Preprocessing | None = None,
    adapt: str | None = None,
) -> Comparison:
    """Compare the predictions of a recording's trials offline and in a stream.

    Parameters
    ----------
    classifier : EEGClassifier | str | path-like
        Fitted classifier, name of trained weights, or file of a saved classifier.
    raw : mne.io.Raw
        Recording with events. It is not modified.
    event_id : mapping of str to str | int | None
        Events to use, as in `Preprocessing.epochs`. None: those named like a class.
    preprocessing : Preprocessing | None
        Preprocessing of the recordings that the classifier was trained on. None: the one that was
        saved with it.
    adapt : {"running"} | None
        As in `StreamingClassifier`. Offline, a classifier that was trained with ``causal=True``
        aligns by the same windows, and others by all.

    Returns
    -------
    Comparison
        Accuracies, largest difference and delay. Printed, it is a summary.

    Raises
    ------
    ValueError
        If there is no trial that both predict, or labels are unknown to the classifier.

    Examples
    --------
    >>> from eegzoo.data import Epoch, Filter, Preprocessing
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=12, random_state=0)
    >>> preprocessing = Preprocessing([Filter(4.0, 38.0), Epoch(0.0, seconds=2.0)])
    >>> classifier = eegzoo.training.EEGClassifier("eegnet", max_epochs=2, random_state=0)
    >>> classifier = classifier.fit(preprocessing.epochs(raw))
    >>> compared = eegzoo.online.compare(classifier, raw, preprocessing=preprocessing)
    >>> compared.n_trials, compared.agreement, compared.largest_difference < 1e-5
    (12, 1.0, True)
    """
    stream = StreamingClassifier(
        classifier, ch_names=raw.ch_names, sfreq=float(raw.info["sfreq"]),
        preprocessing=preprocessing, ch_types=raw.get_channel_types(), adapt=adapt,
    )  # fmt: skip
    trials = stream.preprocessing.at_events(raw, event_id)
    dataset = EpochsDataset.from_epochs(trials.epochs, check_signal="ignore")
    labels, classes = dataset.labels.tolist(), stream.classes_.tolist()
    onsets = trials.onset
    if event_id is None:
        named = np.flatnonzero([label in classes for label in labels])
        if len(named):
            dataset, onsets = dataset.subset(named), onsets[named]
            labels = [labels[place] for place in named]
    unknown = sorted(set(labels) - set(classes))
    if unknown:
        raise ValueError(f"expected events named {classes}, got {unknown}; give event_id")
    online, is_good = stream._answers_at(raw.get_data(verbose="ERROR"), onsets)
    # Windows that a stream cannot use are no part of a sequence, and tell nothing of a person.
    depends = adapt is not None or stream.classifier.is_sequential_
    good = np.flatnonzero(is_good) if depends else np.arange(len(labels))
    offline = np.full_like(online, np.nan)
    if len(good):
        offline[good] = stream.classifier.predict_proba(dataset.subset(good))
    made = np.flatnonzero(np.isfinite(online).all(axis=1))
    if len(made) == 0:
        raise ValueError("expected a trial after the filters have settled, got none")
    right = np.array([classes.index(label) for label in labels])[made]
    chosen = [each[made].argmax(axis=1) for each in (offline, online)]
    return Comparison(
        len(made), len(labels) - len(made), float((chosen[0] == right).mean()),
        float((chosen[1] == right).mean()), float((chosen[0] == chosen[1]).mean()),
        float(np.abs(offline[made] - online[made]).max()), stream.delay_seconds,
        tuple(stream.differences),
    )  # fmt: skip
