"""Sections of a report: what its decisions are based on."""

from __future__ import annotations

import importlib.util
import warnings
from typing import Any

import numpy as np

from eegzoo.report.explanation.attributions import Attributions
from eegzoo.report.explanation.explain import explain
from eegzoo.report.explanation.sanity_check import sanity_check
from eegzoo.report.names import printable
from eegzoo.report.operations import affordable_windows
from eegzoo.report.sections import Evidence, Item, Picture, Section, Text

# Multiply-adds that the attributions may take: several seconds.
_BUDGET = 6e10
_STEPS = 24
_TOLERANCE = 0.05  # of the differences that attributions may miss
# A gradient takes about as long as two more predictions.
_PASSES = 3
_MOST_WINDOWS = 100
_MOST_CLASSES = 4
_CHECKED = 6  # windows of the sanity check


def attributions(evidence: Evidence) -> list[Item]:
    """Return the attributions of decisions to channels, times and bands."""
    estimator = evidence.estimator
    if not hasattr(estimator, "model_"):
        return []
    if importlib.util.find_spec("captum") is None:
        return [Text("Attributions need Captum: pip install 'eegzoo[explain]'")]
    if estimator.is_sequential_:
        return [
            Text(
                "Attributions are those of single windows; this model decides about a window in "
                "the context of others."
            )
        ]
    explained = affordable_windows(estimator, _BUDGET) // (_STEPS * _PASSES)
    if explained < 1:
        return [
            Text(
                "Attributions take too long for a report with this model; eegzoo.report.explain "
                "computes them."
            )
        ]
    found = _explained(evidence, min(explained, _MOST_WINDOWS))
    n_windows = sum(map(len, found))
    items: list[Item] = [
        Text(
            f"Integrated gradients of {n_windows} windows, from a flat line at the mean of each "
            "channel. Red speaks for the class, blue against it; the values of a window add up to "
            "what its logit gains over the flat line."
            if evidence.kind != "numbers"
            else f"Integrated gradients of {n_windows} windows, from a flat line at the mean of "
            "each channel. Red raises the number, blue lowers it."
        )
    ]
    missed = _share_missed(found)
    if missed > _TOLERANCE:
        items.append(
            Text(
                f"In the median, the sum of a window's attributions misses {missed:.0%} of the "
                f"difference: with {_STEPS} steps the path from the flat line is too coarse for "
                "this model. eegzoo.report.explain takes more of them (n_steps).",
                is_warning=True,
            )
        )
    for one in found:
        items += [
            Picture(one.plot_topomap(), "Where, in stretches of the window."),
            Picture(one.plot_butterfly(), "When: a line for each channel."),
            Picture(one.plot_bands(), "In which bands."),
        ]
    few = np.arange(min(_CHECKED, len(evidence.dataset)))
    target = None if evidence.kind == "classes" else 0
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "the attributions of", UserWarning)  # said above
        check = sanity_check(estimator, evidence.dataset.subset(few), target=target, n_steps=8)
    items.append(
        Picture(
            check.plot(),
            "Sanity check (Adebayo et al., 2018): attributions that do not change when the weights "
            "of the model become random would not show what it has learnt. They are products with "
            "the signal, so that some similarity remains.",
        )
    )
    return items


def _explained(evidence: Evidence, n_windows: int) -> list[Attributions]:
    """Return attributions: of the predicted classes together, or of each label or target."""
    estimator, dataset = evidence.estimator, evidence.dataset
    options: dict[str, Any] = {"n_steps": _STEPS}
    with warnings.catch_warnings():
        # Said in the report, if it is so for most windows.
        warnings.filterwarnings("ignore", "the attributions of", UserWarning)
        if evidence.kind != "classes":
            n_outputs = min(estimator.targets_.n_outputs, _MOST_CLASSES)
            used = _spread(np.arange(len(dataset)), max(1, n_windows // n_outputs))
            names = evidence.classes or tuple(map(str, range(n_outputs)))
            return [
                explain(estimator, dataset.subset(used), target=target, **options).renamed(
                    {target: printable(names[target]) if target < len(names) else str(target)}
                )
                for target in range(n_outputs)
            ]
        # Windows of each predicted class; of many classes, the commonest.
        predicted = np.asarray(evidence.predicted)
        classes, counts = np.unique(predicted, return_counts=True)
        classes = classes[np.argsort(-counts, kind="stable")[:_MOST_CLASSES]]
        n_each = max(1, n_windows // len(classes))
        places = [_spread(np.flatnonzero(predicted == name), n_each) for name in classes]
        used = np.sort(np.concatenate(places))
        return [explain(estimator, dataset.subset(used), **options)]


def _share_missed(found: list[Attributions]) -> float:
    """Return the median share of the outputs' differences that the attributions miss."""
    shares = [
        abs(one.values.sum(axis=(1, 2)) - one.differences) / np.maximum(abs(one.differences), 1e-6)
        for one in found
        if one.differences is not None
    ]
    return float(np.median(np.concatenate(shares)))


def _spread(places: Any, n_most: int) -> Any:
    """Return evenly spaced ones of places."""
    n = min(len(places), n_most)
    return places[np.linspace(0, len(places) - 1, n).round().astype(int)]


SECTIONS = (Section("One decision", "Attributions", attributions),)
