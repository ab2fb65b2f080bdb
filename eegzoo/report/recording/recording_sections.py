"""Sections of a report: a recording with what the model says along it."""

from __future__ import annotations

from eegzoo.report.recording.along import plot_predictions, plot_recording
from eegzoo.report.sections import Evidence, Item, Picture, Section

_SECONDS_BEFORE, _LONGEST = 2.0, 60.0
_MOST_WINDOWS = 20  # of the stretch that is shown


def along(evidence: Evidence) -> list[Item]:
    """Return a stretch of the recording with its predictions, and the predictions of all of it."""
    raw, onsets, predictions = evidence.raw, evidence.onsets, evidence.along
    if raw is None or onsets is None or predictions is None or not len(onsets):
        return []
    names = evidence.classes or ("prediction",)
    label = "Probability"
    if evidence.kind == "numbers":
        label = f"Prediction ({evidence.unit or 'unit of the target'})"
    seconds = evidence.dataset.info.n_times / evidence.dataset.info.sfreq
    events = raw.annotations.onset
    if raw.annotations.orig_time is not None:
        events = events - raw.first_time
    start = max(0.0, float(events.min()) - _SECONDS_BEFORE) if len(events) else 0.0
    start = min(start, max(0.0, float(raw.times[-1]) - seconds))
    stop = start + max(_LONGEST, min(_MOST_WINDOWS * seconds, 10 * _LONGEST))
    items: list[Item] = [
        Picture(
            plot_recording(
                raw, onsets, predictions, names, start, stop, _channels(evidence), label
            ),
            "The recording before preprocessing, with the predictions of successive windows. "
            "Coloured lines and stretches are its events.",
        )
    ]
    end = float(onsets[-1]) + seconds
    if end > stop:
        figure = plot_predictions(onsets, predictions, names, raw, label)
        whole = end + seconds > float(raw.times[-1])
        said = "the whole recording" if whole else f"the first {end:.0f} s of the recording"
        items.append(Picture(figure, f"Predictions along {said}, and its events."))
    return items


def _channels(evidence: Evidence) -> list[str] | None:
    """Return the channels of the model by their names in the recording, if it has them all."""
    if evidence.raw is None:
        return None
    known = evidence.raw.ch_names
    try:
        return [known[place] for place in evidence.dataset.info.order_of(known)]
    except ValueError:
        return None


SECTIONS = (Section("A recording", "Signal, predictions and events", along),)
