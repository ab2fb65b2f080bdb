"""Results of a cross-validation, printed and for the JSON file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from eegzoo.cli import crossval, people, results, scores

if TYPE_CHECKING:
    from eegzoo.data.windows.epochs_dataset import EpochsDataset
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.training.regressor import EEGRegressor


def cross_validated(
    estimator: EEGClassifier | EEGRegressor,
    dataset: EpochsDataset,
    y: Any,
    run: dict[str, Any],
    kept: list[tuple[Any, Any, Any]] | None = None,
) -> dict[str, Any]:
    """Cross-validate with one seed, print the results, and return them for the JSON file.

    The fitted estimator of each fold, with its training and test windows, is added to `kept`.
    """
    from eegzoo.report.result.number_scores import number_scores

    is_classifier, groups = run["target"] is None, run["groups"]
    score = scores.class_scores if is_classifier else number_scores
    parts = list(crossval.folds(dataset, run["cv"], groups, run["seed"], stratified=is_classifier))
    each = people.PeopleOptions(run["adapt"], run["adapt_first"], run["calibrate"])
    fitted: list[Any] | None = None if kept is None else []
    folds, scored, predicted = crossval.cross_validate(
        estimator, dataset, y, parts, score, each, fitted
    )
    if kept is not None and fitted is not None:
        kept += [(one, *part) for one, part in zip(fitted, parts, strict=True)]
    dataset, y = dataset.subset(scored), y[scored]
    found: dict[str, Any]
    if is_classifier:
        found = _print_classes(dataset, folds, predicted, groups)
    else:
        found = _print_numbers(folds, groups)
    found["statistics"] = scores.report(
        dataset, y, predicted, numbers=not is_classifier, label="all folds: "
    )
    if run["protocol"] is not None or each.adapt or each.calibrate:
        found["regime"] = people.regime_in_words(estimator, each)
        people.print_people(found["statistics"], found["regime"])
    return found


def _print_classes(
    dataset: EpochsDataset, folds: list[dict[str, float]], predicted: Any, groups: str | None
) -> dict[str, Any]:
    """Print the confusion matrix and the mean accuracy, and return them for the JSON file."""
    matrix = crossval.confusion(dataset, predicted)
    results.print_confusion(matrix, dataset.classes)
    ((mean, std),) = scores.mean_and_std(folds).values()
    typer.echo(
        f"mean accuracy {mean:.3f} over {len(folds)} folds of {groups or 'window'}s "
        f"(std {std:.3f}; always predicting the commonest label: "
        f"{crossval.majority_share(dataset):.3f})"
    )
    return {
        "folds": [fold["accuracy"] for fold in folds],
        "mean": mean,
        "std": std,
        "confusion": {"labels": list(dataset.classes), "matrix": matrix},
    }


def _print_numbers(folds: list[dict[str, float]], groups: str | None) -> dict[str, Any]:
    """Print the mean scores of a regression, and return them for the JSON file."""
    found = scores.mean_and_std(folds)
    means, stds = ({name: pair[part] for name, pair in found.items()} for part in (0, 1))
    typer.echo(f"mean over {len(folds)} folds of {groups or 'window'}s: {scores.line(means)}")
    return {
        "folds": [scores.as_json(fold) for fold in folds],
        "mean": scores.as_json(means),
        "std": scores.as_json(stds),
    }
