"""Comparison of several models with the first of them, on the same windows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from eegzoo.data.windows.timeline import Timeline
from eegzoo.report.comparison.paired_models import Difference, compare_predictions


@dataclasses.dataclass(frozen=True)
class ModelRow:
    """Accuracy of a model, and its difference from the first model.

    Parameters
    ----------
    name : str
        Name of the model.
    accuracy : float
        Mean over people of the share of windows that are classified correctly.
    people : mapping of str to float
        Accuracy of each person.
    difference : Difference | None
        Accuracy minus that of the first model: the mean over people with Student's interval, or of
        the only person with the hybrid score interval for paired proportions. None: the model is
        the first.
    p_value : float | None
        Of the paired t-test over people, or McNemar's exact test over the windows of the only
        person.
    p_holm : float | None
        The same, corrected for the number of models by Holm's method.
    """

    name: str
    accuracy: float
    people: Mapping[str, float]
    difference: Difference | None = None
    p_value: float | None = None
    p_holm: float | None = None


def compare_models(
    true: npt.ArrayLike,
    predictions: Mapping[str, npt.ArrayLike],
    people: npt.ArrayLike,
    timeline: Timeline | None = None,
) -> list[ModelRow]:
    """Compare classifiers with the first of them.

    Parameters
    ----------
    true : array, shape (n_windows,)
        Labels.
    predictions : mapping of str to array, shape (n_windows,)
        Predicted labels by the name of the model.
    people : array, shape (n_windows,)
        Subject of each window.
    timeline : Timeline | None
        Which windows overlap or share a block. None: none do.

    Returns
    -------
    list of ModelRow
        One row for each model, in the order of `predictions`.

    Raises
    ------
    ValueError
        If there is no model, or arrays differ in length.

    Notes
    -----
    Student's t-test and its interval go with each other, and the mean over people is what a new
    person can expect. Wilcoxon's test cannot reach p < 0.05 with five people or fewer.

    References
    ----------
    Holm (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of
    Statistics 6, 65-70.

    Examples
    --------
    >>> true = np.array(["a", "b"] * 20)
    >>> people = np.repeat(["S1", "S2"], 20)
    >>> rows = compare_models(true, {"eegnet": true, "ctnet": np.full(40, "a")}, people)
    >>> [(row.name, row.accuracy) for row in rows], rows[1].difference.value
    ([('eegnet', 1.0), ('ctnet', 0.5)], -0.5)
    """
    if not predictions:
        raise ValueError("expected predictions of at least one model, got none")
    true, people = np.asarray(true), np.asarray(people)
    known = np.unique(people)
    each: dict[str, npt.NDArray[Any]] = {}
    for name, predicted in predictions.items():
        labels = np.asarray(predicted)
        if labels.shape != true.shape:
            raise ValueError(f"expected a prediction for each of {len(true)} windows for {name}")
        right = labels == true
        each[name] = np.array([right[people == person].mean() for person in known])
    first, *others = predictions
    differences, p_values = {}, []
    for name in others:
        found = compare_predictions(true, predictions[name], predictions[first], people, timeline)
        differences[name] = found.mean
        p_values.append(found.p_value if len(known) == 1 else _paired_t(each[name], each[first]))
    corrected = holm(p_values)
    rows = [_row(first, each[first], known)]
    for name, p_value, p_holm in zip(others, p_values, corrected, strict=True):
        row = _row(name, each[name], known)
        rows.append(
            dataclasses.replace(row, difference=differences[name], p_value=p_value, p_holm=p_holm)
        )
    return rows


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that are corrected for their number by Holm's method.

    Parameters
    ----------
    p_values : sequence of float
        One for each test.

    Examples
    --------
    >>> [round(p, 6) for p in holm([0.01, 0.04, 0.03, 0.005])]
    [0.03, 0.06, 0.06, 0.02]
    """
    order = np.argsort(p_values)
    factors = len(p_values) - np.arange(len(p_values))
    sorted_values = np.minimum(1.0, np.maximum.accumulate(factors * np.asarray(p_values)[order]))
    corrected = np.empty(len(p_values))
    corrected[order] = sorted_values
    found: list[float] = corrected.tolist()
    return found


def _paired_t(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    differences = one - other
    if np.ptp(differences) == 0:  # the test divides by their spread
        return 1.0 if differences[0] == 0 else 0.0
    return float(stats.ttest_rel(one, other).pvalue)


def _row(name: str, each: npt.NDArray[Any], people: npt.NDArray[Any]) -> ModelRow:
    by_person = {str(person): float(value) for person, value in zip(people, each, strict=True)}
    return ModelRow(name, float(each.mean()), by_person)
