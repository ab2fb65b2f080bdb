"""Sections of a report: what the model computes with."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.models.front_filters import front_filters
from eegzoo.report.known_signal import known_sfreq
from eegzoo.report.model.block_diagram import plot_blocks
from eegzoo.report.model.constraint_figure import has_limits, plot_constraints
from eegzoo.report.model.filter_figures import plot_spatial_patterns, plot_temporal_filters
from eegzoo.report.model.importance_figures import plot_importance, plot_importance_map
from eegzoo.report.model.permutation_importance import permutation_importance
from eegzoo.report.model.spatial_patterns import spatial_patterns
from eegzoo.report.operations import affordable_windows
from eegzoo.report.scalp_maps import located
from eegzoo.report.sections import Evidence, Item, Picture, Section, Text

# Multiply-adds that the exchange may take: several seconds.
_BUDGET = {"bands": 4e10, "channels": 2e11}
_REPEATS = 3
# With fewer windows the losses would be noise.
_FEWEST_WINDOWS = 20


def blocks(evidence: Evidence) -> list[Item]:
    """Return the diagram of the model."""
    if not _is_fitted(evidence):
        return []
    figure = plot_blocks(evidence.estimator.model_)
    caption = (
        "Blocks of the model, with the shapes of their outputs for a window. Where no arrow leads "
        "from one to the next, the input of the next is something else."
    )
    return [Picture(figure, caption)]


def temporal(evidence: Evidence) -> list[Item]:
    """Return the temporal filters."""
    if not _is_fitted(evidence):
        return []
    found = front_filters(evidence.estimator.model_)
    if not found.temporal:
        return [Text(f"No temporal filters are shown: {found.note}.")]
    figure = plot_temporal_filters(found, known_sfreq(evidence.estimator))
    return [Picture(figure, "Kernels of the temporal filters, and what they let through.")]


def spatial(evidence: Evidence) -> list[Item]:
    """Return the spatial filters and their patterns."""
    if not _is_fitted(evidence):
        return []
    found = spatial_patterns(evidence.estimator, evidence.dataset)
    if not len(found):
        return [Text(f"No spatial filters are shown: {found.note}.")]
    caption = (
        "Spatial filters, and beside each the pattern of what it extracts (Haufe et al., 2014). A "
        "filter also suppresses what it should not extract: only the pattern shows where a signal "
        "appears, and its amplitude."
    )
    note = [Text(f"{found.note[0].upper()}{found.note[1:]}.")] if found.note else []
    return [Picture(plot_spatial_patterns(found), caption), *note]


def importance(evidence: Evidence) -> list[Item]:
    """Return the bands and channels that matter."""
    if not _is_fitted(evidence) or len(evidence.dataset) < 2:
        return []
    y = targets_of(evidence)
    items: list[Item] = [
        Text(
            "What is exchanged between windows is lost for the decision. What other channels or "
            "bands contain as well is not missed: a loss of zero does not mean that there is no "
            "information."
        )
    ]
    for of, caption in (
        ("bands", "Loss when one band of all channels comes from other windows."),
        ("channels", "Loss when one channel comes from other windows."),
    ):
        n_parts = 5 if of == "bands" else evidence.estimator.n_chans_
        n_windows = affordable_windows(evidence.estimator, _BUDGET[of]) // (n_parts * _REPEATS)
        if n_windows < min(_FEWEST_WINDOWS, len(evidence.dataset)):
            items.append(
                Text(
                    f"The exchange of {of} takes too long for a report with this model; "
                    f"eegzoo.report.permutation_importance computes it."
                )
            )
            continue
        found = permutation_importance(
            evidence.estimator, evidence.dataset, y, of, max_windows=n_windows,
            n_repeats=int(np.clip(n_windows * _REPEATS // len(evidence.dataset), _REPEATS, 10)),
        )  # fmt: skip
        n_used = min(n_windows, len(evidence.dataset))
        counts = f" {found.drops.shape[1]} repetitions with {n_used} windows."
        items.append(Picture(plot_importance(found), caption + counts))
        if of == "channels" and len(located(found.names)):
            items.append(Picture(plot_importance_map(found), "The same over the scalp."))
    return items


def constraints(evidence: Evidence) -> list[Item]:
    """Return the norms of constrained layers."""
    if not _is_fitted(evidence) or not has_limits(evidence.estimator.model_):
        return []
    figure = plot_constraints(evidence.estimator.model_)
    return [Picture(figure, "Norms of the filters of constrained layers, and their limits.")]


def targets_of(evidence: Evidence) -> npt.NDArray[Any]:
    """Return the targets of evidence as its estimator was trained on them, not as text."""
    if evidence.kind != "classes":
        return evidence.true
    known = {str(label): label for label in evidence.estimator.classes_.tolist()}
    return np.array([known[str(label)] for label in evidence.true.tolist()])


def _is_fitted(evidence: Evidence) -> bool:
    return hasattr(evidence.estimator, "model_")


SECTIONS = (
    Section("Model", "Blocks", blocks),
    Section("Model", "Bands and channels that matter", importance),
    Section("Model", "Temporal filters", temporal),
    Section("Model", "Spatial filters and patterns", spatial),
    Section("Model", "Norm constraints", constraints),
)
