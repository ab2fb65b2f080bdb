"""Steps that cut windows and correct their baseline."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import number_between
from eegzoo.data.preprocessing.step import Instance, Step


class WindowStep(Step):
    """Base class of the steps that cut windows."""

    tmin: float

    def n_times(self, sfreq: float) -> int:
        """Return the number of samples in a window."""
        raise NotImplementedError

    def last_time(self, sfreq: float) -> float:
        """Return the time of the last sample of a window in seconds, relative to its event."""
        return (round(self.tmin * sfreq) + self.n_times(sfreq) - 1) / sfreq


@dataclasses.dataclass(frozen=True)
class Epoch(WindowStep):
    """Step that cuts windows around events.

    The length of a window is given either by `tmax`, which belongs to the window, as in MNE, or by
    `seconds`, whose end does not. With `seconds`, windows that start that far apart follow each
    other without gap or overlap at any sampling rate.

    Parameters
    ----------
    tmin : float
        Time of the first sample of a window in seconds, relative to its event.
    tmax : float | None
        Time of the last sample in seconds, relative to the event.
    seconds : float | None
        Length of a window in seconds.

    Raises
    ------
    ValueError
        If not exactly one of `tmax` and `seconds` is given, or `tmax` is not above `tmin`.

    Examples
    --------
    >>> Epoch(0.0, 4.0).n_times(128.0), Epoch(0.0, seconds=4.0).n_times(128.0)
    (513, 512)
    """

    tmin: float
    tmax: float | None = None
    seconds: float | None = None
    name: ClassVar[str] = "epoch"

    def __post_init__(self) -> None:
        if (self.tmax is None) == (self.seconds is None):
            raise ValueError(
                f"expected either tmax or seconds, got {self.tmax!r} and {self.seconds!r}"
            )
        object.__setattr__(self, "tmin", number_between("tmin", self.tmin, -1e6, 1e6))
        if self.seconds is not None:
            seconds = number_between("seconds", self.seconds, 0.0, 1e6, above=True)
            object.__setattr__(self, "seconds", seconds)
            return
        object.__setattr__(self, "tmax", number_between("tmax", self.tmax, -1e6, 1e6))
        if self.tmax is not None and not self.tmin < self.tmax:
            raise ValueError(f"expected tmin below tmax, got {self.tmin} and {self.tmax}")

    def n_times(self, sfreq: float) -> int:
        """Return the number of samples in a window, rounded as in MNE."""
        if self.tmax is None:
            return max(round((self.seconds or 0.0) * sfreq), 1)
        return round(self.tmax * sfreq) - round(self.tmin * sfreq) + 1

    def apply(self, inst: Instance) -> Instance:
        """Crop epochs in place, and return them."""
        half = 0.5 / inst.info["sfreq"]
        tmin, tmax = self.tmin, self.last_time(inst.info["sfreq"])
        if inst.tmin > tmin + half or inst.tmax < tmax - half:
            raise ValueError(
                f"expected epochs from {tmin:g} to {tmax:g} s, got {inst.tmin:g} to {inst.tmax:g} s"
            )
        return inst.crop(tmin, tmax)

    def code(self, inst: str) -> str:
        """Return the equivalent MNE code for a variable named `inst`."""
        tmax = f"{self.tmax}"
        if self.tmax is None:
            tmax = f"{self.tmin} + {self.seconds} - 1 / {inst}.info['sfreq']"
        if inst == "epochs":  # the windows exist already
            return f"epochs.crop({self.tmin}, {tmax})"
        return (
            f"epochs = mne.Epochs({inst}, events, event_id, tmin={self.tmin}, tmax={tmax}, "
            "baseline=None, preload=True)"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        return {name: value for name, value in super().to_dict().items() if value is not None}


@dataclasses.dataclass(frozen=True)
class Stretch(WindowStep):
    """Step that cuts events with a duration, such as sleep stages or blocks, into windows.

    As many windows are cut as fit. None crosses the end of its event.

    Parameters
    ----------
    seconds : float
        Length of a window in seconds.
    stride_seconds : float | None
        Interval between the starts of successive windows in seconds. None: the length of a window.

    Examples
    --------
    >>> Stretch(4.0).n_times(128.0)
    512
    >>> Stretch(4.0, 2.0).starts(10.0, 128.0).tolist()
    [0, 256, 512, 768]
    """

    seconds: float
    stride_seconds: float | None = None
    name: ClassVar[str] = "stretch"
    tmin: ClassVar[float] = 0.0  # type: ignore[misc]

    def __post_init__(self) -> None:
        seconds = number_between("seconds", self.seconds, 0.0, 1e6, above=True)
        object.__setattr__(self, "seconds", seconds)
        if self.stride_seconds is not None:
            stride = number_between("stride_seconds", self.stride_seconds, 0.0, 1e6, above=True)
            object.__setattr__(self, "stride_seconds", stride)

    def n_times(self, sfreq: float) -> int:
        """Return the number of samples in a window.

        Raises
        ------
        ValueError
            If a window is shorter than two samples.
        """
        n_times = round(self.seconds * sfreq)
        if n_times < 2:
            raise ValueError(f"expected windows of two samples or more, got {self.seconds:g} s")
        return n_times

    def starts(self, duration: float, sfreq: float) -> npt.NDArray[np.int64]:
        """Return the starts of the windows that fit into an event, in samples from its onset."""
        stride = self.seconds if self.stride_seconds is None else self.stride_seconds
        if round(stride * sfreq) < 1:
            raise ValueError(f"expected a stride of at least one sample, got {stride:g} s")
        # Places are computed in seconds, so that their rounding does not add up.
        n_times = self.n_times(sfreq)
        n_most = int(duration / stride) + 2
        starts = np.round(np.arange(n_most) * stride * sfreq).astype(np.int64)
        return starts[starts + n_times <= round(duration * sfreq)]

    def apply(self, inst: Instance) -> Instance:
        """Crop epochs in place to their first `seconds`, and return them."""
        return Epoch(0.0, self.last_time(inst.info["sfreq"])).apply(inst)

    def code(self, inst: str) -> str:
        """Return the equivalent MNE code for a variable named `inst`."""
        sfreq = f'{inst}.info["sfreq"]'
        if inst == "epochs":
            return f"epochs.crop(0, {self.seconds} - 1 / {sfreq})"
        stride = self.seconds if self.stride_seconds is None else self.stride_seconds
        tail = "" if stride == self.seconds else f"  # one every {stride} s"
        return (
            f"events, event_id = mne.events_from_annotations({inst}, chunk_duration="
            f"{self.seconds}){tail}\n"
            f"epochs = mne.Epochs({inst}, events, event_id, tmin=0, tmax={self.seconds} - 1 / "
            f"{sfreq}, baseline=None, preload=True)"
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

    def apply(self, inst: Instance) -> Instance:
        """Modify epochs in place, and return them."""
        return inst.apply_baseline((self.tmin, self.tmax), verbose="ERROR")

    def code(self, inst: str) -> str:
        """Return the equivalent MNE code for a variable named `inst`."""
        return f"{inst}.apply_baseline(({self.tmin}, {self.tmax}))"
