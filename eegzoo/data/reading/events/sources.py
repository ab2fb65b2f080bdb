"""Choice between the two sources of events: annotations and stim channels."""

from __future__ import annotations

import dataclasses
import warnings

import mne
import numpy as np

from eegzoo.arguments import one_of
from eegzoo.data.reading.events.annotations import in_annotations
from eegzoo.data.reading.events.event_names import listed
from eegzoo.data.reading.events.occurrences import Found, Occurrences, n_occurrences
from eegzoo.data.reading.events.stim_channels import in_stim_channels
from eegzoo.data.signal.marks import AMBIGUOUS, reason_left_out

SOURCES = ("annotations", "stim")


@dataclasses.dataclass(frozen=True)
class EventSource:
    """Where the events of a recording are read from.

    Parameters
    ----------
    events_from : {"annotations", "stim"} | None
        Source of events. None: the one with more events that are classes; annotations, if both have
        as many.
    stim : str | None
        Stim channel to read. None: all.
    stim_mask : int | None
        Bits of the codes to use, as in `in_stim_channels`.

    Examples
    --------
    >>> EventSource(stim="Status", stim_mask=0xFF).events_from
    'stim'
    """

    events_from: str | None = None
    stim: str | None = None
    stim_mask: int | None = None

    def __post_init__(self) -> None:
        if self.events_from is not None:
            one_of("events_from", self.events_from, SOURCES)
        elif self.stim is not None:
            object.__setattr__(self, "events_from", "stim")

    def all_events(self, raw: mne.io.BaseRaw) -> dict[str, Occurrences]:
        """Return the events of all sources; annotations go before codes of the same name."""
        noted = {} if self.events_from == "stim" else in_annotations(raw)
        if self.events_from == "annotations":
            return noted
        return {**in_stim_channels(raw, self.stim, self.stim_mask), **noted}

    def classes(self, raw: mne.io.BaseRaw) -> dict[str, Occurrences]:
        """Return the events of one source that are classes.

        Warns
        -----
        RuntimeWarning
            If another source has other events, or events named like a mark are left out.
        """
        if self.events_from == "stim":
            return in_stim_channels(raw, self.stim, self.stim_mask)
        every = in_annotations(raw)
        noted = {name: found for name, found in every.items() if reason_left_out(name) is None}
        self._warn_of_ambiguous(every, noted)
        if self.events_from == "annotations":
            return noted
        try:
            coded = in_stim_channels(raw, self.stim, self.stim_mask)
        except ValueError as error:
            if not noted:
                raise
            warnings.warn(
                f"events are read from annotations, because {error}", RuntimeWarning, stacklevel=3
            )
            return noted
        if not (noted and coded):
            return noted or coded
        chosen = "stim" if n_occurrences(coded) > n_occurrences(noted) else "annotations"
        if not _same(coded, noted):
            warnings.warn(
                f"annotations have {_counts(noted)} and stim channels {_counts(coded)}; events "
                f"are read from the {'stim channels' if chosen == 'stim' else chosen}, which have "
                "more; --events-from or events_from chooses the other",
                RuntimeWarning,
                stacklevel=3,
            )
        return coded if chosen == "stim" else noted

    def _warn_of_ambiguous(self, every: Found, classes: Found) -> None:
        names = [name for name in every if name.strip().lower() in AMBIGUOUS]
        if names and classes:
            counts = ", ".join(f"{len(every[name])} of {name!r}" for name in names)
            warnings.warn(
                f"events are left out because their name marks a stretch as bad: {counts}; name "
                f"them in event_id to use them as a class",
                RuntimeWarning,
                stacklevel=4,
            )


def _counts(found: Found) -> str:
    names = list(found)
    text = ", ".join(f"{listed([name])} ({len(found[name])})" for name in names[:8])
    return text + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _same(coded: Found, noted: Found) -> bool:
    """Return whether annotations repeat the events of the stim channels, to within a sample."""
    samples = [np.unique(np.concatenate([e.samples for e in f.values()])) for f in (coded, noted)]
    return len(samples[0]) == len(samples[1]) and bool(np.all(abs(samples[0] - samples[1]) <= 1))
