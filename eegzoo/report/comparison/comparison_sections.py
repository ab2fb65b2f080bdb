"""Sections of a report: the model against classical methods and against another model."""

from __future__ import annotations

import numpy as np

from eegzoo.data.windows.timeline import timeline_of
from eegzoo.report.comparison.baseline import (
    baseline_folds,
    cross_validated_baselines,
    has_spatial_patterns,
)
from eegzoo.report.comparison.method_scores import plot_methods
from eegzoo.report.comparison.paired_models import compare_predictions, plot_comparison
from eegzoo.report.names import printable, shortened, without_folders
from eegzoo.report.result.number_scores import number_scores
from eegzoo.report.result.summary_sections import lucky_accuracies, targets
from eegzoo.report.sections import Array, Evidence, Item, Picture, Section, Table, Text


def baselines(evidence: Evidence) -> list[Item]:
    """Return the scores of classical methods in the folds of the model."""
    own = list(evidence.folds)
    folds = own or baseline_folds(evidence.dataset, stratified=evidence.kind == "classes")
    if not folds:
        return [Text("There are too few windows to cross-validate classical methods.")]
    info = evidence.dataset.info
    true, predicted, kind = evidence.true, evidence.predicted, evidence.kind
    metric = {"classes": "Accuracy", "labels": "Share of right labels"}.get(kind, "Correlation")
    if kind == "numbers":
        _, true, predicted = targets(evidence)[0]
        unit = evidence.unit or "unit of the target"
        metric = f"Mean absolute error ({shortened(unit)})"
    found = {evidence.name: predicted}
    for baseline in cross_validated_baselines(evidence.dataset.X, true, info.sfreq, folds, kind):
        found[baseline.name] = baseline.predicted
    scores = {
        name: [_score(true[test], each[test], kind) for _, test in folds]
        for name, each in found.items()
    }
    limit = float(np.quantile(lucky_accuracies(evidence), 0.95)) if kind == "classes" else None
    rows = [
        [printable(name), f"{_score(true, found[name], kind):.3f}", f"{np.mean(values):.3f}",
         f"{min(values):.3f} to {max(values):.3f}"]
        for name, values in scores.items()
    ]  # fmt: skip
    how = (
        f"All methods were trained and tested in the same {len(folds)} folds."
        if own
        else f"The classical methods were trained and tested in {len(folds)} folds of these "
        "windows. The model was trained before, and tested on the same folds."
    )
    items: list[Item] = []
    shape = evidence.dataset.shape
    if kind == "classes" and not has_spatial_patterns(shape, len(np.unique(true))):
        why = "one channel has none" if shape[1] == 1 else "with so many channels they take minutes"
        items.append(Text(f"Common spatial patterns are left out: {why}."))
    header = ("method", "all windows", "mean over folds", "from fold to fold")
    return [
        *items,
        Picture(plot_methods(scores, metric, limit), f"{how} Small points are folds."),
        Table(header, rows, f"{metric} of each method."),
    ]


def _score(true: Array, predicted: Array, kind: str) -> float:
    if kind == "numbers":
        return number_scores(true, predicted)["mean absolute error"]
    return float((true == predicted).mean())


def against(evidence: Evidence) -> list[Item]:
    """Return the paired differences from another model."""
    rival = evidence.rival
    if rival is None:
        return []
    chosen = rival.windows
    if not len(chosen):
        raise ValueError("expected windows that both models predicted, got none")
    true, predicted, is_numbers = evidence.true, evidence.predicted, evidence.kind == "numbers"
    if is_numbers:
        _, true, predicted = targets(evidence)[0]
    timeline = timeline_of(evidence.dataset).subset(chosen)
    people = evidence.people[chosen]
    found = compare_predictions(
        true[chosen], predicted[chosen], rival.predicted, people, timeline, numbers=is_numbers
    )
    first, second = printable(evidence.name), printable(rival.name)
    mean, unit = found.mean, f" {evidence.unit}" if is_numbers and evidence.unit else ""
    over = "the mean over people" if len(found.differences) > 1 else "the windows"
    test = "Wilcoxon's signed-rank test" if is_numbers else "McNemar's exact test"
    what = "has the smaller error on" if is_numbers else "alone is right on"
    said = (
        f"{found.metric.capitalize()} of {first} minus that of {second}: {mean.value:+.3f}{unit}, "
        f"95% interval of {over} {mean.low:+.3f} to {mean.high:+.3f}. {first} {what} "
        f"{found.n_only_first} of {found.n_windows} windows, {second} on {found.n_only_second}: "
        f"p = {found.p_value:.3g} by {test}."
    )
    items: list[Item] = [Text(said)]
    if found.n_independent < found.n_windows:
        items.append(
            Text(
                f"Only {found.n_independent} of the windows neither overlap nor share a block. The "
                "test counts all of them as independent, so that its p-value is too small.",
                is_warning=True,
            )
        )
    n_alone = len(true) - len(chosen)
    if n_alone or rival.n_unpaired:
        items.append(
            Text(
                f"{n_alone} windows of {first} and {rival.n_unpaired} of {second} have no partner, "
                "and are left out.",
                is_warning=True,
            )
        )
    shown = without_folders([one.name for one in found.differences])
    rows = [
        [shown[one.name], f"{one.value:+.3f}", f"{one.low:+.3f} to {one.high:+.3f}"]
        for one in found.differences
    ]
    figure = plot_comparison(found, shortened(first, 16), shortened(second, 16), evidence.unit)
    return [
        *items,
        Picture(figure, "Paired differences with 95% intervals."),
        Table(("subject", "difference", "95% interval"), rows, f"Difference of {found.metric}."),
    ]


SECTIONS = (
    Section("Result", "Classical baselines", baselines),
    Section("Comparison", "Paired comparison", against),
)
