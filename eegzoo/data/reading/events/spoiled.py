"""Stretches of a recording that no window may touch, and pauses that none may cross."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

import mne

from eegzoo.data.reading.events.annotations import in_annotations
from eegzoo.data.signal.marks import is_pause, is_rejected


@dataclasses.dataclass(frozen=True)
class Spoiled:
    """Stretch that no window may touch, or, with `is_cut`, time that none may cross.

    Parameters
    ----------
    description : str
        Description of the annotation.
    onset : float
        Start in seconds from the first sample of the recording.
    duration : float
        Duration in seconds.
    is_cut : bool
        Whether samples are missing at `onset`, so that windows may end or start there.
    """

    description: str
    onset: float
    duration: float
    is_cut: bool = False

    def touches(self, first: int, last: int, sfreq: float) -> bool:
        """Return whether a window from sample `first` to `last` is spoiled.

        Examples
        --------
        >>> pause = Spoiled("boundary", onset=1.0, duration=0.0, is_cut=True)
        >>> pause.touches(0, 99, sfreq=100.0), pause.touches(1, 100, sfreq=100.0)
        (False, True)
        """
        start = round(self.onset * sfreq)
        if self.is_cut:
            return first < start <= last
        end = max(round((self.onset + self.duration) * sfreq), start + 1)
        return first < end and start <= last


def spoiled_stretches(raw: mne.io.BaseRaw, used: Collection[str] = ()) -> list[Spoiled]:
    """Return the stretches marked as bad and the pauses of a recording.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording.
    used : collection of str
        Descriptions that are used as events, and so are not marks.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> raw.annotations.append(3.0, 1.5, "BAD_blink") is raw.annotations
    True
    >>> spoiled_stretches(raw)
    [Spoiled(description='BAD_blink', onset=3.0, duration=1.5, is_cut=False)]
    """
    found = []
    for name, occurrences in in_annotations(raw).items():
        pause, rejected = is_pause(name), is_rejected(name)
        if name in used or not (pause or rejected):
            continue
        # The duration of EEGLAB's boundary is what was cut out, and BrainVision's is one sample;
        # MNE's BAD_ACQ_SKIP lasts as long as the zeros that it fills in.
        cut = (pause and not rejected) or name.lower().endswith("boundary")
        for sample, duration in zip(occurrences.samples, occurrences.durations, strict=True):
            onset = float(sample - raw.first_samp) / float(raw.info["sfreq"])
            found.append(Spoiled(name, onset, 0.0 if cut else float(duration), cut))
    return sorted(found, key=lambda stretch: stretch.onset)
