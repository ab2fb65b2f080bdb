"""Trained on the first session of each person, tested on the second."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import cohen_kappa_score
from sklearn.model_selection import train_test_split

from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.reading.recording import Recording
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.reproduction.figures.score import Score
from eegzoo.reproduction.protocols.settings import classifier_settings
from eegzoo.reproduction.run import Row, Run
from eegzoo.training.classifier import EEGClassifier
from eegzoo.weights.catalogue import find_weights
from eegzoo.weights.zoo import load_weights

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Sessions:
    """Windows of both sessions of a person.

    Parameters
    ----------
    train, test : EpochsDataset
        Windows of the sessions for training and for the test.
    """

    train: EpochsDataset
    test: EpochsDataset


def sessions_of(
    recordings: Sequence[Recording], subject: str, preprocessing: Mapping[str, Any]
) -> Sessions:
    """Return the windows of both sessions of a person."""
    steps = Preprocessing.from_dict(preprocessing)
    parts = {
        split: [each for each in recordings if (each.subject, each.split) == (subject, split)]
        for split in ("train", "test")
    }
    if not all(parts.values()):
        raise ValueError(f"expected recordings of both sessions of subject {subject}")
    return Sessions(
        **{split: EpochsDataset.from_recordings(own, steps) for split, own in parts.items()}
    )


def second_session(
    recordings: Sequence[Recording],
    run: Run,
    *,
    model: str,
    classifier: Mapping[str, Any],
    preprocessing: Mapping[str, Any],
    by_sample: bool,
    label: str,
) -> list[Score]:
    """Return the mean over people of accuracy and kappa in the second session.

    Parameters
    ----------
    recordings : sequence of Recording
        Runs with their split, "train" or "test".
    run : Run
        Run. A seed determines weights and batches; people are averaged over seeds.
    model : str
        Name of the model.
    classifier : mapping
        Parameters of `EEGClassifier`.
    preprocessing : mapping
        Steps, as `Preprocessing.to_dict` gives them.
    by_sample : bool
        Whether each sample of each channel is standardised over the windows of the training, as
        several authors do, in place of each channel.
    label : str
        Label of the scores.
    """
    settings = run.settings(classifier_settings(classifier))
    rows: list[Row] = []
    for subject in sorted({each.subject for each in recordings}):
        windows = sessions_of(recordings, subject, preprocessing)
        for seed in run.seeds:
            key = {"entry": run.entry, "seed": seed, "subject": subject}
            estimator = EEGClassifier(
                model, random_state=seed, sfreq=windows.train.info.sfreq, check_signal="ignore",
                **settings,
            )  # fmt: skip
            rows += run.rows.get(key, lambda: [_tested(windows, estimator, by_sample)])  # noqa: B023
            run.say(f"subject {subject}, seed {seed}: {rows[-1]['accuracy']:.3f}")
    people = sorted({str(row["subject"]) for row in rows})
    n_windows = sum(row["n_windows"] for row in rows if row["seed"] == run.seeds[0])
    return [
        Score.mean(
            label,
            {
                name: float(np.mean([row[measure] for row in rows if row["subject"] == name]))
                for name in people
            },
            n_windows,
            measure=measure,
        )
        for measure in ("accuracy", "kappa")
    ]


def _tested(windows: Sessions, estimator: EEGClassifier, by_sample: bool) -> Row:
    X, other = (np.asarray(part.X, np.float64) for part in (windows.train, windows.test))
    if by_sample:
        X, other = standardized(X, other)
    estimator.fit(X.astype(np.float32), windows.train.labels)
    predicted = estimator.predict(other.astype(np.float32))
    return {
        "accuracy": float((predicted == windows.test.labels).mean()),
        "kappa": float(cohen_kappa_score(windows.test.labels, predicted)),
        "n_windows": len(predicted),
    }


def standardized(X: Array, other: Array) -> tuple[Array, Array]:
    """Return windows whose samples are standardised over the first windows.

    Parameters
    ----------
    X, other : array, shape (n_windows, n_chans, n_times)
        Windows of the training and of the test.

    Examples
    --------
    >>> train, test = standardized(np.array([[[1.0]], [[3.0]]]), np.array([[[4.0]]]))
    >>> train.ravel(), test.ravel()
    (array([-1.,  1.]), array([2.]))
    """
    mean, deviation = X.mean(axis=0), X.std(axis=0)
    deviation = np.where(deviation == 0, 1.0, deviation)
    return (X - mean) / deviation, (other - mean) / deviation


def stored_networks(
    recordings: Sequence[Recording],
    run: Run,
    *,
    weights: str,
    preprocessing: Mapping[str, Any],
    labels: Mapping[str, str],
) -> list[Score]:
    """Return the accuracy of one person's network on both sessions of this person.

    As the authors do, each sample is standardised over the windows of the first session. A fifth of
    these, drawn with the authors' seed, chose the epoch; the second session is the test.

    Parameters
    ----------
    recordings : sequence of Recording
        Runs with their split.
    run : Run
        Run.
    weights : str
        Name of the weights.
    preprocessing : mapping
        Steps, as `Preprocessing.to_dict` gives them.
    labels : mapping of str to str
        Label of the weights for each event.
    """
    found = find_weights(weights)
    subject = found.metadata.training.subjects[0][-2:]
    windows = sessions_of(recordings, subject, preprocessing)
    order = [windows.train.info.ch_names.index(name) for name in found.signal.ch_names]
    first, second = (
        np.asarray(part.X, np.float64)[:, order] for part in (windows.train, windows.test)
    )
    first, second = standardized(first, second)
    # The authors' split depends on the order of the windows, which is that of the recording.
    _, chosen = train_test_split(np.arange(len(first)), test_size=0.2, random_state=42)
    network = load_weights(found).eval()
    scores = []
    for label, X, y in (
        ("the windows that chose the epoch", first[chosen], windows.train.labels[chosen]),
        ("session 2", second, windows.test.labels),
    ):
        with torch.no_grad():
            logits = network(torch.as_tensor(X, dtype=torch.float32))
        predicted = np.array(found.metadata.labels)[logits.argmax(dim=1).numpy()]
        true = np.array([labels[name] for name in y])
        scores.append(Score.share(label, int((predicted == true).sum()), len(y)))
    return scores
