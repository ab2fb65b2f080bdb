"""Sections of a report: the predictions in detail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from eegzoo.data.windows.timeline import timeline_of
from eegzoo.report.names import printable, without_folders
from eegzoo.report.result.confusion import plot_confusion
from eegzoo.report.result.label_scores import plot_labels, scores_of_labels
from eegzoo.report.result.learning_curves import plot_learning_curves
from eegzoo.report.result.people import (
    PersonScore,
    plot_people,
    scores_of_people,
)
from eegzoo.report.result.ranking_curves import plot_precision_recall, plot_roc
from eegzoo.report.result.regression import plot_errors, plot_predicted_numbers
from eegzoo.report.result.reliability import plot_reliability
from eegzoo.report.result.summary_sections import targets
from eegzoo.report.sections import Evidence, Item, Picture, Section, Table, Text

Array = npt.NDArray[Any]


def curves(evidence: Evidence) -> list[Item]:
    """Return the learning curves."""
    items: list[Item] = []
    known = evidence.histories
    columns = {name for history in known.values() for row in history for name in row}
    if columns & {"train_loss", "valid_loss"}:
        unit = (
            " (nats a window)" if evidence.kind != "numbers" else " (standardised target, squared)"
        )
        unit = unit if getattr(evidence.estimator, "criterion", None) is None else ""
        figure = plot_learning_curves(known, "loss", f"Loss{unit}")
        items.append(Picture(figure, "Loss of each pass over the training windows."))
    if "valid_score" in columns:
        label = "R² on validation windows" if evidence.kind == "numbers" else "Validation accuracy"
        figure = plot_learning_curves(known, "score", label)
        items.append(Picture(figure, "Score on the windows that were held out for validation."))
    return items


def confusion(evidence: Evidence) -> list[Item]:
    """Return the confusion matrix."""
    if evidence.kind != "classes":
        return []
    figure = plot_confusion(evidence.true, evidence.predicted, evidence.classes)
    return [Picture(figure, "Counts, and shares of each true class (rows).")]


def ranking(evidence: Evidence) -> list[Item]:
    """Return ROC and precision-recall curves."""
    if evidence.kind == "numbers" or evidence.probabilities is None:
        return []
    true = evidence.true.reshape(len(evidence.true), -1)
    if true.shape[1] == 1 and len(np.unique(true)) < 2:
        return [Text("All windows are of one class, so that there is nothing to rank.")]
    given = (evidence.true, evidence.probabilities, evidence.classes)
    return [
        Picture(plot_roc(*given), "How well probabilities rank windows."),
        Picture(
            plot_precision_recall(*given),
            "Precision and recall, which suit rare classes; dotted lines are chance.",
        ),
    ]


def calibration(evidence: Evidence) -> list[Item]:
    """Return the reliability diagram: of the predicted class, or of all labels."""
    if evidence.probabilities is None or evidence.kind == "numbers":
        return []
    if evidence.kind == "classes":
        right, confidence = evidence.true == evidence.predicted, evidence.probabilities.max(axis=1)
    else:
        chance = evidence.probabilities.reshape(-1)
        right = (evidence.true == evidence.predicted).reshape(-1)
        confidence = np.maximum(chance, 1 - chance)
    figure = plot_reliability(right, np.clip(confidence, 0, 1))
    return [Picture(figure, "Points below the diagonal are too confident.")]


def each_person(evidence: Evidence) -> list[Item]:
    """Return the score of each subject, or of each recording of a single one."""
    people, kind = evidence.people, "subject"
    recordings = evidence.dataset.metadata.get("recording")
    if len(np.unique(people)) == 1 and recordings is not None and len(np.unique(recordings)) > 1:
        people, kind = recordings.astype(str), "recording"
    elif "subject" not in evidence.dataset.metadata:
        kind = "recording"
    if evidence.kind == "labels":
        return []
    metric, label = ("accuracy", "Accuracy")
    true, predicted = evidence.true, evidence.predicted
    if evidence.kind == "numbers":
        metric, label = "correlation", "Correlation of predicted and true numbers"
        _, true, predicted = targets(evidence)[0]
    timeline = timeline_of(evidence.dataset)
    found = scores_of_people(true, predicted, people, timeline, metric=metric)
    mean = (
        mean_of(found, -1.0 if evidence.kind == "numbers" else 0.0)
        if len(found) > 1 and kind == "subject"
        else None
    )
    figure = plot_people(found, label, mean)
    shown = without_folders([person.name for person in found])
    rows = [
        [
            shown[person.name], f"{person.value:.3f}", f"{person.low:.3f} to {person.high:.3f}",
            f"{person.chance:.3f}", f"{person.chance_limit:.3f}", str(person.n_windows),
            str(person.n_independent),
        ]
        for person in found
    ]  # fmt: skip
    header = (
        kind, metric, "95% interval", "permuted", "luck, once in 20 times", "windows",
        "independent windows",
    )  # fmt: skip
    return [
        Picture(figure, f"Score of each {kind}; grey is what permuted predictions reach."),
        Table(header, rows, f"Score of each {kind}."),
    ]


def mean_of(people: Sequence[PersonScore], least: float) -> tuple[float, float, float]:
    """Return the mean over people, and the limits of its interval by Student's t.

    `least` is the least that the score can be; the most is 1.
    """
    values = [person.value for person in people]
    mean, error = float(np.mean(values)), float(stats.sem(values))
    width = float(stats.t.ppf(0.975, len(values) - 1)) * error
    return mean, max(least, mean - width), min(1.0, mean + width)


def numbers(evidence: Evidence) -> list[Item]:
    """Return predicted against true numbers, and the errors."""
    if evidence.kind != "numbers":
        return []
    items: list[Item] = []
    for name, true, predicted in targets(evidence):
        given = (true, predicted, name, evidence.unit)
        items.append(Picture(plot_predicted_numbers(*given), "Predicted against true numbers."))
        items.append(Picture(plot_errors(*given), "Errors, with their mean and 95% limits."))
    return items


def labels(evidence: Evidence) -> list[Item]:
    """Return the scores of each label of a model of several labels."""
    if evidence.kind != "labels" or evidence.probabilities is None:
        return []
    found = scores_of_labels(evidence.true, evidence.probabilities, evidence.classes)
    rows = [
        [
            printable(one.name), f"{100 * one.share:.1f} %", f"{one.average_precision:.3f}",
            f"{one.low:.3f} to {one.high:.3f}", f"{one.area:.3f}",
        ]
        for one in found
    ]  # fmt: skip
    header = ("label", "share", "average precision", "95% interval", "area under the ROC curve")
    return [
        Picture(plot_labels(found), "Average precision of each label."),
        Table(header, rows, "Scores of each label."),
    ]


SECTIONS = (
    Section("Result", "Confusion matrix", confusion),
    Section("Result", "Predicted and true numbers", numbers),
    Section("Result", "Labels", labels),
    Section("Result", "Subjects and recordings", each_person),
    Section("Result", "Ranking by probability", ranking),
    Section("Result", "Reliability of the probabilities", calibration),
    Section("Result", "Learning curves", curves),
)
