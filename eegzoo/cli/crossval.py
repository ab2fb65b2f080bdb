"""Cross-validation of an estimator, with the scores of each fold printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import typer

from eegzoo.cli import scores

if TYPE_CHECKING:
    from eegzoo.data.windows.epochs_dataset import EpochsDataset
    from eegzoo.training.estimator import EEGEstimator


def folds(
    dataset: EpochsDataset, cv: int, groups: str | None, seed: int, *, stratified: bool = True
) -> Iterator[tuple[Any, Any]]:
    """Yield the indices of training and test windows of each fold.

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
    stratified : bool
        Whether all folds have the same shares of the labels.

    Raises
    ------
    ValueError
        If there are too few windows, too few windows of a label, or too few groups.
    """
    import numpy as np
    from sklearn import model_selection

    from eegzoo.data.windows.splits import check_leakage

    if stratified:
        _check_labels(dataset, cv)
    elif len(dataset) < 2 * cv:
        raise ValueError(f"expected at least {2 * cv} windows for {cv} folds, got {len(dataset)}")
    kind = ("Stratified" if stratified else "") + ("KFold" if groups is None else "GroupKFold")
    splitter = getattr(model_selection, kind)(cv, shuffle=True, random_state=seed)
    if groups is None:
        yield from splitter.split(dataset.X, dataset.y)
        return
    by = dataset.groups(groups)
    known = np.unique(by)
    if len(known) < cv:
        raise ValueError(f"expected at least {cv} {groups}s for {cv} folds, got {len(known)}")
    for training, test in splitter.split(dataset.X, dataset.y, by):
        check_leakage(dataset, training, test, apart=groups)
        yield training, test


def _check_labels(dataset: EpochsDataset, cv: int) -> None:
    import numpy as np

    counts = dict(zip(dataset.classes, np.bincount(dataset.y).tolist(), strict=True))
    if len(counts) < 2:
        raise ValueError(f"expected at least two labels, got only {dataset.classes[0]!r}")
    rarest = min(counts, key=counts.__getitem__)
    if counts[rarest] < cv:
        raise ValueError(
            f"expected at least {cv} windows of each label for {cv} folds, "
            f"got {counts[rarest]} of {rarest!r}"
        )


def cross_validate(
    estimator: EEGEstimator,
    dataset: EpochsDataset,
    y: Any,
    parts: list[tuple[Any, Any]],
    score: Callable[[Any, Any], dict[str, float]],
) -> tuple[list[dict[str, float]], Any]:
    """Return the scores of each fold, and the prediction for each window.

    Parameters
    ----------
    estimator : EEGClassifier | EEGRegressor
        Estimator of which a copy is trained in each fold.
    dataset : EpochsDataset
        The windows.
    y : array, shape (n_windows,)
        Target of each window.
    parts : list of tuple
        Indices of training and test windows of each fold.
    score : callable
        Function of true and predicted targets that returns scores by name.
    """
    found, predicted = [], y.copy()
    for number, (training, test) in enumerate(parts, start=1):
        label = f"fold {number} of {len(parts)}"
        fitted = fit(estimator, dataset.subset(training), y[training], label)
        predicted[test] = fitted.predict(dataset.subset(test))
        found.append(score(y[test], predicted[test]))
        typer.echo(f"fold {number}: {scores.line(found[-1], len(test))}{kept_epoch(fitted)}")
    return found, predicted


def fit(estimator: EEGEstimator, dataset: EpochsDataset, y: Any, label: str) -> EEGEstimator:
    """Fit a copy of an estimator, with a labelled progress bar if it is verbose."""
    from sklearn.base import clone

    from eegzoo.training.callbacks.progress import Progress

    bars = [Progress(label)] if estimator.verbose else []
    fitted: EEGEstimator = clone(estimator).set_params(callbacks=bars, verbose=0)
    try:
        return fitted.fit(dataset, y)
    finally:
        for bar in bars:
            if hasattr(bar, "bar_"):  # it stays open when a signal ends the training
                bar.bar_.close()


def kept_epoch(fitted: EEGEstimator) -> str:
    """Return the end of a line that says which epoch the weights are from, with a validation."""
    if fitted.settings().validation == 0:
        return ""
    return f"; weights of epoch {fitted.best_epoch_} of {len(fitted.history_)}"


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
