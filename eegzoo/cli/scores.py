"""Scores of predictions, and how they are printed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from eegzoo.data.windows.epochs_dataset import EpochsDataset

# Formats of the scores that are not fractions: they have the unit of the target.
_FORMATS = {"mean absolute error": ".4g"}


def class_scores(true: Any, predicted: Any) -> dict[str, float]:
    """Return the accuracy of predicted labels."""
    return {"accuracy": float((predicted == true).mean())}


def report(
    dataset: EpochsDataset, true: Any, predicted: Any, *, numbers: bool = False, label: str = ""
) -> dict[str, Any]:
    """Print the scores with their intervals and chance levels, and return them for a JSON file.

    Parameters
    ----------
    dataset : EpochsDataset
        Windows that were predicted. Without "subject" in their metadata they are of one person.
    true, predicted : array, shape (n_windows,)
        Targets.
    numbers : bool
        Whether the targets are numbers instead of labels.
    label : str
        Beginning of the first line.
    """
    import numpy as np

    from eegzoo.data.windows.timeline import timeline_of
    from eegzoo.report.result import score_statistics
    from eegzoo.report.result.number_scores import number_scores

    people = dataset.metadata.get("subject", np.zeros(len(dataset), int))
    n_windows, n_independent = len(dataset), timeline_of(dataset).n_independent()
    if numbers:
        found = score_statistics.number_statistics(
            true, predicted, people, n_independent, number_scores
        )
    else:
        found = [score_statistics.class_statistics(true, predicted, people, n_independent)]
    for statistic in found:
        for line in score_statistics.in_words(statistic, n_windows, n_independent):
            typer.echo(label + line)
    return {
        statistic.name.replace(" ", "_"): score_statistics.as_dict(
            statistic, n_windows, n_independent
        )
        for statistic in found
    }


def line(scores: Mapping[str, float]) -> str:
    """Return scores as text.

    Examples
    --------
    >>> line({"accuracy": 0.95})
    'accuracy 0.950'
    """
    named = [f"{name} {value:{_FORMATS.get(name, '.3f')}}" for name, value in scores.items()]
    return ", ".join(named)


def mean_and_std(folds: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, float]]:
    """Return the mean and the standard deviation of each score over folds."""
    import numpy as np

    columns = {name: [fold[name] for fold in folds] for name in folds[0]}
    return {name: (float(np.mean(v)), float(np.std(v))) for name, v in columns.items()}


def print_seeds(found: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Print the mean of each score over seeds, and return the means.

    Parameters
    ----------
    found : sequence of dict
        Results of each seed, with "statistics" as `report` returns them.
    """
    import numpy as np

    means = {}
    for name in found[0]["statistics"]:
        values = [one["statistics"][name]["value"] for one in found]
        known = [math.nan if value is None else value for value in values]
        means[name] = float(np.mean(known))
        typer.echo(
            f"mean {name.replace('_', ' ')} over {len(known)} seeds {means[name]:.3f} "
            f"(std {np.std(known):.3f}, from {min(known):.3f} to {max(known):.3f})"
        )
    return means


def as_json(scores: Mapping[str, float]) -> dict[str, float | None]:
    """Return scores for a JSON file, in which NaN is null.

    Examples
    --------
    >>> as_json({"R2": math.nan, "mean absolute error": 0.5})
    {'R2': None, 'mean_absolute_error': 0.5}
    """
    return {
        name.replace(" ", "_"): None if math.isnan(value) else value
        for name, value in scores.items()
    }
