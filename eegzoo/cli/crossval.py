"""Cross-validation of a classifier, with the accuracy of each fold printed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from eegzoo.data.windows.epochs_dataset import EpochsDataset
    from eegzoo.training.classifier import EEGClassifier


def folds(
    dataset: EpochsDataset, cv: int, groups: str | None, seed: int
) -> Iterator[tuple[Any, Any]]:
    """Yield the indices of training and test windows of each fold, stratified by label.

    Parameters
    ----------
    dataset : EpochsDataset
        The windows.
    cv : int
        Number of folds.
    groups : {"subject", "session", "recording"} | None
        Groups that are never split between training and test. None: windows are shuffled.
    seed : int
        Seed of the folds.

    Raises
    ------
    ValueError
        If there are too few windows of a label, or too few groups.
    """
    import numpy as np
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    from eegzoo.data.windows.splits import check_leakage

    counts = dict(zip(dataset.classes, np.bincount(dataset.y).tolist(), strict=True))
    if len(counts) < 2:
        raise ValueError(f"expected at least two labels, got only {dataset.classes[0]!r}")
    rarest = min(counts, key=counts.__getitem__)
    if counts[rarest] < cv:
        raise ValueError(
            f"expected at least {cv} windows of each label for {cv} folds, "
            f"got {counts[rarest]} of {rarest!r}"
        )
    if groups is None:
        yield from StratifiedKFold(cv, shuffle=True, random_state=seed).split(dataset.X, dataset.y)
        return
    by = dataset.groups(groups)
    known = np.unique(by)
    if len(known) < cv:
        raise ValueError(f"expected at least {cv} {groups}s for {cv} folds, got {len(known)}")
    splitter = StratifiedGroupKFold(cv, shuffle=True, random_state=seed)
    for training, test in splitter.split(dataset.X, dataset.y, by):
        check_leakage(dataset, training, test, apart=groups)
        yield training, test


def cross_validate(
    classifier: EEGClassifier, dataset: EpochsDataset, cv: int, groups: str | None, seed: int
) -> tuple[list[float], Any]:
    """Return the accuracy of each fold, and the predicted label of each window."""
    scores, predicted = [], dataset.labels.copy()
    parts = list(folds(dataset, cv, groups, seed))
    for number, (training, test) in enumerate(parts, start=1):
        fitted = fit(classifier, dataset.subset(training), f"fold {number} of {cv}")
        predicted[test] = fitted.predict(dataset.subset(test))
        scores.append(float((predicted[test] == dataset.labels[test]).mean()))
        typer.echo(f"fold {number}: accuracy {scores[-1]:.3f} on {len(test)} windows")
    return scores, predicted


def fit(classifier: EEGClassifier, dataset: EpochsDataset, label: str) -> EEGClassifier:
    """Fit a copy of a classifier, with a labelled progress bar if it is verbose."""
    from sklearn.base import clone

    from eegzoo.training.callbacks.progress import Progress

    bar = [Progress(label)] if classifier.verbose else []
    fitted: EEGClassifier = clone(classifier).set_params(callbacks=bar, verbose=0)
    return fitted.fit(dataset)


def confusion(dataset: EpochsDataset, predicted: Any) -> list[list[int]]:
    """Return the confusion matrix, with true labels as rows and predicted labels as columns."""
    from sklearn.metrics import confusion_matrix

    matrix: list[list[int]] = confusion_matrix(
        dataset.labels, predicted, labels=list(dataset.classes)
    ).tolist()
    return matrix


def majority_share(dataset: EpochsDataset) -> float:
    """Return the share of windows with the most frequent label."""
    import numpy as np

    return float(np.bincount(dataset.y).max() / len(dataset))
