"""Each subject left out in turn, with the transfer to the subject and classical methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.reading.recording import Recording
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.splits import check_leakage
from eegzoo.reproduction.figures.score import Score
from eegzoo.reproduction.protocols import classical
from eegzoo.reproduction.protocols.settings import classifier_settings
from eegzoo.reproduction.recordings.ssvep_exo import FREQUENCIES
from eegzoo.reproduction.run import Row, Run
from eegzoo.training.classifier import EEGClassifier

Array = npt.NDArray[Any]
Right = npt.NDArray[np.bool_]
LEFT_OUT = "one subject left out"
TRIALS = (1, 2, 5, 10)
# Parameters of trainings on a few trials.
SHORT: Mapping[str, Any] = {"max_epochs": 50, "batch_size": 16}


def leave_one_out(
    recordings: Sequence[Recording],
    run: Run,
    *,
    model: str,
    classifier: Mapping[str, Any],
    preprocessing: Mapping[str, Any],
    n_draws: int,
    baselines: str,
) -> list[Score]:
    """Return the accuracy in new subjects, after fine-tuning on a few trials, and of baselines.

    Parameters
    ----------
    recordings : sequence of Recording
        Recordings.
    run : Run
        Run. A seed determines weights, batches, crops and draws of trials.
    model : str
        Name of the model.
    classifier : mapping
        Parameters of `EEGClassifier`.
    preprocessing : mapping
        Steps, as `Preprocessing.to_dict` gives them.
    n_draws : int
        Number of draws of the trials of a new subject.
    baselines : {"band power", "flicker"}
        Classical methods.
    """
    torch.set_num_threads(1)  # the order of sums depends on the number of threads
    dataset = EpochsDataset.from_recordings(recordings, Preprocessing.from_dict(preprocessing))
    settings, short = run.settings(classifier_settings(classifier)), run.settings(SHORT)
    n_draws = 1 if run.quick else n_draws
    rows = []
    for seed in run.seeds:
        for subject in run.some(subjects_of(dataset)):
            key = {"entry": run.entry, "seed": seed, "subject": subject}
            untrained = EEGClassifier(model, random_state=seed, **settings)
            (row,) = run.rows.get(
                key,
                lambda: [results_of_subject(dataset, subject, untrained, seed, n_draws, short)],  # noqa: B023
            )
            rows.append(row)
            run.say(f"{subject}: {np.mean(row['right']):.3f}")
    return [*scores_of(rows), *BASELINES[baselines](dataset)]


def results_of_subject(
    dataset: EpochsDataset, subject: str, untrained: EEGClassifier, seed: int, n_draws: int,
    short: Mapping[str, Any] = SHORT,
) -> Row:  # fmt: skip
    """Return the results of one subject, by a classifier that is trained on the others."""
    train, test = left_out(dataset, subject)
    trained = untrained.fit(dataset[train])
    curve = transfer(trained, dataset[test], n_draws, seed, short)
    return {
        "right": right_of(trained, dataset[test]).astype(int).tolist(),
        "transfer": {str(n_trials): both for n_trials, both in curve.items()},
    }


def scores_of(rows: Sequence[Mapping[str, Any]]) -> list[Score]:
    """Return the mean over subjects before and after fine-tuning, and of training from scratch."""
    own = {row["subject"].rpartition("/")[2]: row for row in rows}
    n_windows = sum(len(row["right"]) for row in own.values())
    accuracy = {name: float(np.mean(row["right"])) for name, row in own.items()}
    found = [Score.mean(LEFT_OUT, accuracy, n_windows)]
    for n_trials in TRIALS:
        for place, words in enumerate(("fine-tuned on", "from scratch on")):
            units = {name: row["transfer"][str(n_trials)][place] for name, row in own.items()}
            label = f"{words} {n_trials} trial{'s' if n_trials > 1 else ''} a class"
            found.append(Score.mean(label, units, n_windows))
    return found


def left_out(
    dataset: EpochsDataset, subject: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the indices of the windows of all other subjects and of those of one subject."""
    is_test = dataset.groups("subject") == subject
    train, test = np.flatnonzero(~is_test), np.flatnonzero(is_test)
    check_leakage(dataset, train, test, apart="subject")
    return train, test


def subjects_of(dataset: EpochsDataset) -> list[str]:
    """Return the names of the subjects, sorted."""
    return sorted({str(subject) for subject in dataset.groups("subject")})


def right_of(classifier: Any, windows: EpochsDataset) -> Right:
    """Return whether a classifier is right for each window."""
    right: Right = classifier.predict(windows) == windows.labels
    return right


def transfer(
    trained: EEGClassifier, new: EpochsDataset, n_draws: int, seed: int,
    short: Mapping[str, Any] = SHORT,
) -> dict[int, tuple[float, float]]:  # fmt: skip
    """Return accuracies of a fine-tuned and a new model, by the number of trials per class.

    Both models are trained on the same trials of a new subject and tested on its other trials.
    """
    generator = np.random.default_rng(seed)
    # Fine-tuning keeps the normalisation of the trained model.
    known = new.mapped(trained.normalizer_.transform)
    scores: dict[int, tuple[float, float]] = {}
    for n_trials in TRIALS:
        both = []
        for _ in range(n_draws):
            chosen = np.concatenate(
                [
                    generator.choice(np.flatnonzero(new.y == label), n_trials, replace=False)
                    for label in np.unique(new.y)
                ]
            )
            others = np.setdiff1d(np.arange(len(new)), chosen)
            tuned = EEGClassifier(
                trained.model_, normalize="none", n_crops=trained.n_crops, check_signal="ignore",
                random_state=seed, lr=5e-3, **short,
            ).fit(known[chosen])  # fmt: skip
            scratch = EEGClassifier(**{**trained.get_params(), **short}).fit(new[chosen])
            both.append(
                [right_of(tuned, known[others]).mean(), right_of(scratch, new[others]).mean()]
            )
        tuned_mean, scratch_mean = np.mean(both, axis=0)
        scores[n_trials] = float(tuned_mean), float(scratch_mean)
    return scores


def band_power(dataset: EpochsDataset) -> list[Score]:
    """Return the accuracy of logistic regressions of power in five bands, in the same folds."""
    subjects = dataset.groups("subject")
    power = classical.log_power(np.asarray(dataset.X), dataset.info.sfreq, classical.BANDS)
    scored = classical.z_score(power, subjects)
    return [
        _baseline("band power, LR", classical.logistic, power, dataset),
        _baseline("band power z-scored by subject, LR", classical.logistic, scored, dataset),
    ]


def flicker(dataset: EpochsDataset) -> list[Score]:
    """Return the accuracy of methods that know the flicker frequencies, in the same folds."""
    X, sfreq = np.asarray(dataset.X), dataset.info.sfreq
    correlations = classical.canonical_correlations(X, sfreq)
    free = np.array(list(FREQUENCIES))[correlations.argmax(axis=1)] == dataset.labels
    flickers = dataset.labels != "rest"
    return [
        _baseline("band power, LDA", classical.lda, classical.flicker_power(X, sfreq), dataset),
        _baseline("CCA, LDA", classical.lda, correlations, dataset),
        mean_of_right(
            "CCA of the three frequencies alone, without training", free[flickers],
            dataset.groups("subject")[flickers],
        ),
    ]  # fmt: skip


BASELINES: Mapping[str, Callable[[EpochsDataset], list[Score]]] = {
    "band power": band_power,
    "flicker": flicker,
}


def _baseline(
    label: str, method: Callable[..., Array], features: Array, dataset: EpochsDataset
) -> Score:
    right = np.zeros(len(dataset), bool)
    for subject in subjects_of(dataset):
        train, test = left_out(dataset, subject)
        right[test] = method(features, dataset.labels, train, test) == dataset.labels[test]
    return mean_of_right(label, right, dataset.groups("subject"))


def mean_of_right(label: str, right: Right, subjects: Array) -> Score:
    """Return the mean over subjects of the share of windows that are classified correctly."""
    units = {
        str(name).rpartition("/")[2]: float(right[subjects == name].mean())
        for name in sorted(set(subjects.tolist()))
    }
    return Score.mean(label, units, len(right))
