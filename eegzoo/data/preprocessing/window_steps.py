"""Steps that cut windows and correct their baseline."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from eegzoo.arguments import number_between
from eegzoo.data.preprocessing.step import Instance, Step


@dataclasses.dataclass(frozen=True)
class Epoch(Step):
    """Step that cuts windows around events.

    Parameters
    ----------
    tmin, tmax : float
        Times of the first and last sample of a window in seconds, relative to its event.

    Examples
    --------
    >>> Epoch(0.0, 4.0).n_times(128.0)
    513
    """

    tmin: float
    tmax: float
    name: ClassVar[str] = "epoch"

    def __post_init__(self) -> None:
        for name in ("tmin", "tmax"):
            seconds = number_between(name, getattr(self, name), -1e6, 1e6)
            object.__setattr__(self, name, seconds)
        if not self.tmin < self.tmax:
            raise ValueError(f"expected tmin below tmax, got {self.tmin} and {self.tmax}")

    def n_times(self, sfreq: float) -> int:
        """Return the number of samples in a window, rounded as in MNE."""
        return round(self.tmax * sfreq) - round(self.tmin * sfreq) + 1

    def apply(self, inst: Instance) -> None:
        """Crop epochs in place."""
        half = 0.5 / inst.info["sfreq"]
        if inst.tmin > self.tmin + half or inst.tmax < self.tmax - half:
            raise ValueError(
                f"expected epochs from {self.tmin:g} to {self.tmax:g} s, got {inst.tmin:g} to "
                f"{inst.tmax:g} s"
            )
        inst.crop(self.tmin, self.tmax)

    def code(self, inst: str) -> str:
        """Return the equivalent MNE code for a variable named `inst`."""
        if inst == "epochs":  # the windows exist already
            return f"epochs.crop({self.tmin}, {self.tmax})"
        return (
            f"epochs = mne.Epochs({inst}, events, event_id, tmin={self.tmin}, tmax={self.tmax}, "
            "baseline=None, preload=True)"
        )


@dataclasses.dataclass(frozen=True)
class Baseline(Step):
    """Step that subtracts the mean of an interval from each window.

    Parameters
    ----------
    tmin, tmax : float | None
        Start and end of the interval in seconds, relative to the event. None: start or end of the
        window.

    Examples
    --------
    >>> Baseline(None, 0.0).code("epochs")
    'epochs.apply_baseline((None, 0.0))'
    """

    tmin: float | None = None
    tmax: float | None = 0.0
    name: ClassVar[str] = "baseline"

    def __post_init__(self) -> None:
        for name in ("tmin", "tmax"):
            if getattr(self, name) is not None:
                seconds = number_between(name, getattr(self, name), -1e6, 1e6)
                object.__setattr__(self, name, seconds)

    def apply(self, inst: Instance) -> None:
        """Modify epochs in place."""
        inst.apply_baseline((self.tmin, self.tmax), verbose="ERROR")

    def code(self, inst: str) -> str:
        """Return the equivalent MNE code for a variable named `inst`."""
        return f"{inst}.apply_baseline(({self.tmin}, {self.tmax}))"
