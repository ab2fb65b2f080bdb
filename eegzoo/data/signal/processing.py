"""What was done to a signal before it was cut into windows: band, reference and baseline."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import mne

# Above this frequency, scalp EEG holds little but mains, and amplifiers differ without effect.
_HIGHEST = 60.0
# Edges of a band that differ by less are those of different amplifiers, not of a filter.
_HERTZ, _SHARE = 0.5, 0.1
_SECONDS = 0.02  # baselines that differ by less are the same


@dataclasses.dataclass(frozen=True)
class Processing:
    """Band, reference and baseline of windows, as far as they are known.

    Parameters
    ----------
    highpass, lowpass : float | None
        Edges of the pass band in Hz. None: unknown.
    rereferenced : bool | None
        Whether the signal has another reference than the recording. None: unknown.
    baseline : tuple of float | None
        Start and end in seconds of the interval whose mean was subtracted; empty if none was.
        None: unknown.
    is_causal : bool | None
        Whether all filters ran forwards only. None: unknown.

    Examples
    --------
    >>> trained = Processing(highpass=4.0, lowpass=38.0)
    >>> trained.differences(Processing(highpass=0.0, lowpass=64.0))
    ['a high-pass filter at 4 Hz, got 0 Hz', 'a low-pass filter at 38 Hz, got 60 Hz or more']
    """

    highpass: float | None = None
    lowpass: float | None = None
    rereferenced: bool | None = None
    baseline: tuple[float, ...] | None = None
    is_causal: bool | None = None

    def __post_init__(self) -> None:
        if self.baseline is not None:  # JSON has lists
            object.__setattr__(self, "baseline", tuple(self.baseline))

    @classmethod
    def of(cls, epochs: mne.BaseEpochs) -> Self:
        """Return what MNE knows of epochs."""
        info, baseline = epochs.info, epochs.baseline
        averaged = any(
            proj["active"] and "eeg" in proj["desc"].lower() and "ref" in proj["desc"].lower()
            for proj in info["projs"]
        )
        return cls(
            float(info["highpass"] or 0.0),
            float(info["lowpass"] or info["sfreq"] / 2),
            bool(info["custom_ref_applied"]) or averaged,
            () if baseline is None else (float(baseline[0]), float(baseline[1])),
        )

    def differences(self, other: Processing) -> list[str]:
        """Return in words what another processing does differently; unknown parts are equal."""
        return list(self._differences(other))

    def _differences(self, other: Processing) -> Iterator[str]:
        for kind in ("high", "low"):
            edge, others = getattr(self, f"{kind}pass"), getattr(other, f"{kind}pass")
            if edge is not None and others is not None and _differ(edge, others):
                yield f"a {kind}-pass filter at {_words(edge)}, got {_words(others)}"
        if None not in (self.rereferenced, other.rereferenced):
            if self.rereferenced and not other.rereferenced:
                yield "a new reference (Reference, set_eeg_reference), got that of the recording"
            elif other.rereferenced and not self.rereferenced:
                yield "the reference of the recording, got a new one"
        if self.baseline is not None and other.baseline is not None:
            pairs = itertools.zip_longest(self.baseline, other.baseline, fillvalue=math.inf)
            if any(abs(one - two) > _SECONDS for one, two in pairs):
                yield f"{_interval(self.baseline)}, got {_interval(other.baseline)}"


def common_processing(parts: Sequence[Processing | None]) -> Processing | None:
    """Return the processing of windows from several sources; what differs is unknown."""
    if any(part is None for part in parts):
        return None
    values = [dataclasses.astuple(part) for part in parts if part is not None]
    return Processing(
        *(column[0] if len(set(column)) == 1 else None for column in zip(*values, strict=True))
    )


def _differ(edge: float, other: float) -> bool:
    edge, other = min(edge, _HIGHEST), min(other, _HIGHEST)
    return abs(edge - other) > max(_HERTZ, _SHARE * max(edge, other))


def _words(edge: float) -> str:
    return f"{_HIGHEST:g} Hz or more" if edge >= _HIGHEST else f"{edge:g} Hz"


def _interval(baseline: Sequence[float]) -> str:
    if not baseline:
        return "no baseline correction"
    return f"a baseline correction from {baseline[0]:g} to {baseline[1]:g} s"
