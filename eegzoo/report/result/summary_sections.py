"""Section of a report: how good the predictions are, in a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.data.windows.timeline import timeline_of
from eegzoo.report.names import printable
from eegzoo.report.result.number_scores import number_scores
from eegzoo.report.result.people import permuted_accuracies
from eegzoo.report.result.score_statistics import class_statistics, number_statistics
from eegzoo.report.sections import Evidence, Item, Section, Table, Text

Array = npt.NDArray[Any]


def summary(evidence: Evidence) -> list[Item]:
    """Return the score in a sentence, with its interval and what luck reaches, and notes."""
    items: list[Item] = [Text(printable(note), is_warning=True) for note in evidence.notes]
    if evidence.kind == "labels":
        exact = (evidence.true == evidence.predicted).all(axis=1).mean()
        each = (evidence.true == evidence.predicted).mean()
        return [
            *items,
            Text(
                f"Of {len(evidence.dataset)} windows, {100 * exact:.1f} % have exactly the "
                f"predicted labels; {100 * each:.1f} % of the single labels are right."
            ),
        ]
    people, timeline = evidence.people, timeline_of(evidence.dataset)
    n_windows, n_independent = len(evidence.dataset), timeline.n_independent()
    n_people = len(np.unique(people))
    counted = f"{n_windows} windows"
    if n_independent < n_windows:
        counted += f", of which {n_independent} neither overlap nor share a block,"
    over = f"over {n_people} people" if n_people > 1 else "over windows"
    how = (
        f"in {len(evidence.folds)} folds, each by a model that was trained on the others"
        if evidence.folds
        else "by a model that was trained before"
    )
    if evidence.kind == "classes":
        found = class_statistics(evidence.true, evidence.predicted, people, n_independent)
        lucky = lucky_accuracies(evidence)
        limit = float(np.quantile(lucky, 0.95))
        better = "more" if found.value > limit else "not more"
        sentence = (
            f"Accuracy {found.value:.3f}, 95% interval {over} {found.interval[0]:.3f} to "
            f"{found.interval[1]:.3f}, of {counted} {how}. Permuted predictions reach "
            f"{lucky.mean():.3f} on average, and one in twenty of them {limit:.3f}: this result is "
            f"{better} than luck."
        )
        items.append(Text(sentence, is_warning=found.value <= limit))
        return items
    rows = []
    for column, (name, true, predicted) in enumerate(targets(evidence)):
        several = evidence.true.ndim > 1
        for one in number_statistics(true, predicted, people, n_independent, number_scores):
            low, high = one.interval
            unit = f" {evidence.unit}" if one.name == "mean absolute error" else ""
            rows.append(
                [
                    *([f"{column}: {printable(name)}"] if several else []),
                    one.name, f"{one.value:.4g}{unit}", f"{low:.4g} to {high:.4g}",
                    f"{one.chance:.4g}", f"{one.chance_limit:.4g}",
                ]
            )  # fmt: skip
    header = ["score", "value", f"95% interval {over}", "permuted", "luck, once in 20 times"]
    if evidence.true.ndim > 1:
        header.insert(0, "target")
    caption = f"Scores of {counted} {how}, and of permuted predictions."
    return [*items, Table(header, rows, caption)]


def lucky_accuracies(evidence: Evidence) -> Array:
    """Return the accuracies of predictions that were permuted within each person."""
    people, timeline = evidence.people, timeline_of(evidence.dataset)
    generator = np.random.default_rng(0)
    total: Array = np.zeros(1)
    for person in np.unique(people):
        mine = np.flatnonzero(people == person)
        rotated = timeline.subset(mine).n_independent() < len(mine)
        true, predicted = evidence.true[mine], evidence.predicted[mine]
        lucky = permuted_accuracies(true, predicted, generator, rotated=rotated)
        total = total + lucky * len(mine) / len(people)
    return total


def targets(evidence: Evidence) -> list[tuple[str, Array, Array]]:
    """Return the name, the numbers and the predictions of each target of a regressor."""
    true = evidence.true.reshape(len(evidence.true), -1)
    predicted = evidence.predicted.reshape(len(evidence.predicted), -1)
    names = evidence.classes or tuple(f"target {place}" for place in range(true.shape[1]))
    if true.shape[1] == 1 and not evidence.classes:
        names = ("target",)
    return [(name, true[:, place], predicted[:, place]) for place, name in enumerate(names)]


SECTIONS = (Section("Result", "Summary", summary),)
