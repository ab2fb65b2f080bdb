"""Section of a report: a night, as it was scored and as the model stages it."""

from __future__ import annotations

import numpy as np

from eegzoo.data.reading.label_files.stages import NOT_SCORED, aasm_stage
from eegzoo.report.names import without_folders
from eegzoo.report.sections import Array, Evidence, Item, Picture, Section, Table, Text
from eegzoo.report.style import describe
from eegzoo.sleep.hypnogram import Hypnogram
from eegzoo.sleep.pictures.hypnogram_picture import plot_hypnogram
from eegzoo.sleep.scorings.agreement import agreement
from eegzoo.sleep.stages import STAGES, UNSCORED

_FEWEST = 20  # windows of a night
# Figures of both scorings, with their units.
_STATISTICS = {
    "total_sleep_time": "total sleep time (min)",
    "sleep_efficiency": "sleep efficiency (%)",
    "sleep_onset_latency": "sleep onset latency (min)",
    "wake_after_sleep_onset": "wake after sleep onset (min)",
    "rem_latency": "REM latency from sleep onset (min)",
}


def nights_of(evidence: Evidence) -> tuple[Hypnogram, Hypnogram, str] | None:
    """Return the scored and the predicted hypnogram of the first recording, and its name.

    None if the classes are no stages of sleep, or the windows do not follow one another.
    """
    known = evidence.dataset.metadata
    stages = {name: aasm_stage(name) for name in evidence.classes}
    if (
        evidence.kind != "classes"
        or "onset" not in known
        or any(stage in (None, NOT_SCORED) for stage in stages.values())
    ):
        return None
    recordings = known.get("recording", np.zeros(len(evidence.dataset), int)).astype(str)
    mine = np.flatnonzero(recordings == recordings[0])
    mine = mine[np.argsort(known["onset"][mine].astype(float), kind="stable")]
    seconds = evidence.dataset.info.n_times / evidence.dataset.info.sfreq
    onsets = known["onset"][mine].astype(float)
    places = np.rint((onsets - onsets[0]) / seconds).astype(int)
    steps = np.diff(places)
    if len(mine) < _FEWEST or (steps < 1).any() or not np.isfinite(onsets).all():
        return None
    found = []
    for labels, probabilities in (
        (evidence.true, None),
        (evidence.predicted, evidence.probabilities),
    ):
        # Windows that were left out of the data are unscored.
        night = [UNSCORED] * (int(places[-1]) + 1)
        for place, label in zip(places, labels[mine], strict=True):
            night[place] = str(stages[str(label)])
        density = _density(probabilities, mine, places, stages)
        found.append(
            Hypnogram(night, density, onset=float(onsets[0]), window_seconds=float(seconds))
        )
    return found[0], found[1], without_folders([recordings[0]])[recordings[0]]


def _density(
    probabilities: Array | None, mine: Array, places: Array, stages: dict[str, str | None]
) -> Array | None:
    """Return the probability of each stage of all windows; NaN for those that are left out."""
    if probabilities is None:
        return None
    density = np.full((int(places[-1]) + 1, len(STAGES)), np.nan)
    density[places] = 0.0
    for column, stage in enumerate(stages.values()):
        density[places, STAGES.index(str(stage))] += probabilities[mine, column]
    return density


def night(evidence: Evidence) -> list[Item]:
    """Return the hypnograms of the first recording, and the statistics of both."""
    nights = nights_of(evidence)
    if nights is None:
        return []
    scored, predicted, name = nights
    windows = [
        (a, b) for a, b in zip(scored.stages, predicted.stages, strict=True) if a != UNSCORED
    ]
    found = agreement(*zip(*windows, strict=True))
    items: list[Item] = [
        Text(
            f"{name}: accuracy {found.accuracy:.3f} and Cohen's kappa {found.kappa:.3f} on "
            f"{len(windows)} windows of {scored.window_seconds:g} s."
        )
    ]
    for hypnogram, title in ((scored, "As it was scored"), (predicted, "As the model stages it")):
        figure = plot_hypnogram(hypnogram, title=title)
        minutes = ", ".join(
            f"{stage} {value:.0f} min" for stage, value in hypnogram.statistics().minutes.items()
        )
        describe(figure, f"{title}: hypnogram of {len(hypnogram)} windows, {minutes}.")
        items.append(Picture(figure, f"{title}."))
    both = (scored.statistics(), predicted.statistics())
    rows = [
        [label, *(f"{getattr(one, attribute):.1f}" for one in both)]
        for attribute, label in _STATISTICS.items()
    ]
    rows += [[f"{stage} (min)", *(f"{one.minutes[stage]:.1f}" for one in both)] for stage in STAGES]
    caption = "Statistics of the night, from its first window to its last."
    return [*items, Table(("", "scored", "by the model"), rows, caption)]


SECTIONS = (Section("A recording", "Night", night),)
