"""Cross-validation of an estimator, with the scores of each fold printed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import typer

from eegzoo.cli import scores

if TYPE_CHECKING:
    from eegzoo.cli.people import PeopleOptions
    from eegzoo.data.windows.epochs_dataset import EpochsDataset
    from eegzoo.training.estimator import EEGEstimator


def folds(
    dataset: EpochsDataset, cv: int, groups: str | None, seed: int, *, stratified: bool = True
) -> Iterator[tuple[Any, Any]]:
    """Yield the indices of training and test windows of each fold.

    Each window is tested once. No training window overlaps a test window of its fold or was cut
    from the same block; those that would are left out of the training, which is printed.

    Parameters
    ----------
    dataset : EpochsDataset
        The windows.
    cv : int
        Number of folds.
    groups : str | None
        Groups that are never split between training and test, as in `group_names`. None: windows
        are shuffled or, if they overlap or were cut from blocks, chains of them (`kept_together`).
    seed : int
        Seed of the folds.
    stratified : bool
        Whether all folds have the same shares of the labels.

    Raises
    ------
    ValueError
        If there are too few windows, too few windows of a label, or too few groups, or if a fold
        has nothing to train on that is apart from its test.
    """
    import numpy as np

    from eegzoo.data.windows.splits import check_leakage, group_names
    from eegzoo.data.windows.timeline import kept_together, purged, timeline_of

    if stratified:
        _check_labels(dataset, cv)
    elif len(dataset) < 2 * cv:
        raise ValueError(f"expected at least {2 * cv} windows for {cv} folds, got {len(dataset)}")
    timeline = timeline_of(dataset)
    if groups is not None:
        by, kind = group_names(dataset.metadata, groups), f"{groups}s"
    else:
        by = kept_together(timeline, cv)
        kind = "blocks" if timeline.has_blocks else "stretches of windows that overlap"
    known = np.unique(by)
    if len(known) < cv:
        raise ValueError(f"expected at least {cv} {kind} for {cv} folds, got {len(known)}")
    if groups is None and len(known) == len(dataset):
        kind = "windows"
    parts, n_left_out = [], []
    for number, (found, test) in enumerate(
        _splits(dataset, cv, None if kind == "windows" else by, seed, stratified), start=1
    ):
        training = purged(timeline, found, test)
        if len(test) == 0 or len(training) == 0:
            raise ValueError(
                f"expected windows for training and test in fold {number} that do not overlap and "
                f"are of different blocks, got {len(training)} and {len(test)} with {cv} folds of "
                f"{len(known)} {kind}"
            )
        if stratified:
            lacking = np.setdiff1d(dataset.labels, dataset.labels[training]).tolist()
            if lacking:
                raise ValueError(
                    f"expected every label in the training of fold {number}, got {lacking} only "
                    f"outside it with {cv} folds of {len(known)} {kind}"
                )
        if {"recording", "onset"} <= dataset.metadata.keys():
            apart = groups if groups in ("subject", "session", "recording") else None
            check_leakage(dataset, training, test, apart=apart)
        parts.append((training, test))
        n_left_out.append(len(found) - len(training))
    if kind != "windows":
        left_out = (
            "; no window overlaps one of another fold"
            if not any(n_left_out)
            else f"; {min(n_left_out)} to {max(n_left_out)} windows a fold, which overlap its "
            "test or share its blocks, are left out of the training"
        )
        typer.echo(f"{cv} folds of {len(known)} {kind}{left_out}")
    yield from parts


def _splits(
    dataset: EpochsDataset, cv: int, by: Any, seed: int, stratified: bool
) -> Iterator[tuple[Any, Any]]:
    """Return the folds of scikit-learn, before windows are left out."""
    import numpy as np
    from sklearn import model_selection

    if by is not None and len(np.unique(by)) == cv:  # each group is a fold, in their order
        yield from model_selection.LeaveOneGroupOut().split(dataset.X, dataset.y, by)
        return
    kind = ("Stratified" if stratified else "") + ("KFold" if by is None else "GroupKFold")
    splitter = getattr(model_selection, kind)(cv, shuffle=True, random_state=seed)
    yield from splitter.split(dataset.X, dataset.y, by)


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
    each: PeopleOptions,
    kept: list[EEGEstimator] | None = None,
) -> tuple[list[dict[str, float]], Any, Any]:
    """Return the scores of each fold, the windows that are scored, and their predictions.

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
    each : PeopleOptions
        What is done for each person of a test.
    kept : list | None
        List to which the fitted estimator of each fold is added.
    """
    import numpy as np

    from eegzoo.training.loop.history import epoch_choice

    found, predicted, choices = [], y.copy(), []
    is_scored = np.zeros(len(y), bool)
    for number, (training, test) in enumerate(parts, start=1):
        label = f"fold {number} of {len(parts)}"
        fitted = fit(estimator, dataset.subset(training), y[training], label)
        if kept is not None:
            kept.append(fitted)
        left, labels, done = each.predict(fitted, dataset.subset(test))
        for line in done:
            typer.echo(f"fold {number}: {line}")
        test = test[left]
        tested, predicted[test], is_scored[test] = dataset.subset(test), labels, True
        found.append(score(y[test], predicted[test]))
        numbers = score is not scores.class_scores
        scores.report(tested, y[test], predicted[test], numbers=numbers, label=f"fold {number}: ")
        choices.append(epoch_choice(fitted.history_, fitted.best_epoch_))
    if len(set(choices)) == 1:
        choices = choices[:1]
    typer.echo(f"epoch of each fold: {'; '.join(choices)}")
    scored = np.flatnonzero(is_scored)
    return found, scored, predicted[scored]


def fit(estimator: EEGEstimator, dataset: EpochsDataset, y: Any, label: str) -> EEGEstimator:
    """Fit a copy of an estimator, with a labelled progress bar if it is verbose."""
    from sklearn.base import clone

    from eegzoo.data.windows.timeline import SplitWarning
    from eegzoo.training.callbacks.progress import Progress

    bars = [Progress(label)] if estimator.verbose else []
    fitted: EEGEstimator = clone(estimator).set_params(callbacks=bars, verbose=0)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", SplitWarning)
            fitted.fit(dataset, y)
    finally:
        for bar in bars:
            if hasattr(bar, "bar_"):  # it stays open when a signal ends the training
                bar.bar_.close()
        for warning in caught:
            if issubclass(warning.category, SplitWarning):
                typer.echo(f"{label}: {warning.message}", err=True)
            else:
                warnings.showwarning(
                    warning.message, warning.category, warning.filename, warning.lineno
                )
    return fitted


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
