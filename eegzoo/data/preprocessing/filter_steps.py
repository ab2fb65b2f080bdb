"""Steps that change the signal in time or amplitude: filters, resampling and scaling."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import mne

from eegzoo.arguments import number_between, one_of
from eegzoo.data.preprocessing.pauses import pauses_marked
from eegzoo.data.preprocessing.step import Events, Instance, Step
from eegzoo.data.signal.filtering.forward_filter import filter_forward, notch_forward
from eegzoo.data.signal.filtering.resampling import resample_epochs, resample_events, resample_raw


@dataclasses.dataclass(frozen=True)
class Filter(Step):
    """Step that applies a band-pass filter with MNE's defaults.

    The parts of a recording before and after a pause are filtered apart (`pauses_marked`), but
    not with the method "forward": a stream does not know of pauses.

    Parameters
    ----------
    l_freq, h_freq : float | None
        Lower and upper pass-band edge in Hz. None: no edge, for a low-pass or high-pass filter.
    method : {"fir", "iir", "forward"}
        "fir" and "iir" are MNE's zero-phase filters; "iir" is a fourth-order Butterworth filter,
        run in both directions. "forward" is the same filter, run forwards only (`filter_forward`):
        it is causal, so that an `eegzoo.online.StreamingClassifier` computes it without delay.

    Examples
    --------
    >>> Filter(4.0, 38.0).code("raw")
    'raw.filter(4.0, 38.0)'
    """

    l_freq: float | None
    h_freq: float | None
    method: str = "fir"
    name: ClassVar[str] = "filter"
    takes_epochs: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for name in ("l_freq", "h_freq"):
            if getattr(self, name) is not None:
                edge = number_between(name, getattr(self, name), 0.0, above=True)
                object.__setattr__(self, name, edge)
        one_of("method", self.method, ("fir", "iir", "forward"))
        low, high = self.l_freq, self.h_freq
        if low is None and high is None:
            raise ValueError("expected l_freq or h_freq, got neither")
        if low is not None and high is not None and low >= high:
            raise ValueError(f"expected l_freq below h_freq, got {low} and {high}")

    @property
    def is_causal(self) -> bool:
        """Whether the filter runs forwards only."""
        return self.method == "forward"

    def apply(self, inst: Instance) -> Instance:
        """Modify a loaded recording in place, and return it."""
        for name in ("l_freq", "h_freq"):
            edge = getattr(self, name)
            if edge is not None:
                _check_below_nyquist(name, edge, inst)
        if self.method == "forward":
            return filter_forward(inst, self.l_freq, self.h_freq)
        with pauses_marked(inst) as mark:
            return inst.filter(
                self.l_freq, self.h_freq, picks="all", method=self.method,
                skip_by_annotation=mark, verbose="ERROR",
            )  # fmt: skip

    def code(self, inst: str) -> str:
        """Return the equivalent MNE code for a variable named `inst` without pauses."""
        if self.method == "forward":
            return f"eegzoo.data.filter_forward({inst}, {self.l_freq}, {self.h_freq})"
        method = "" if self.method == "fir" else f", method={self.method!r}"
        return f"{inst}.filter({self.l_freq}, {self.h_freq}{method})"


@dataclasses.dataclass(frozen=True)
class Notch(Step):
    """Step that removes single frequencies, such as mains interference.

    Pauses are as in `Filter`.

    Parameters
    ----------
    freqs : sequence of float
        Frequencies in Hz.
    method : {"fir", "forward"}
        "fir" is MNE's zero-phase filter. "forward" is a recursive filter that runs forwards only
        (`notch_forward`): it is causal, so that a stream computes it without delay.

    Examples
    --------
    >>> Notch([50.0]).code("raw")
    'raw.notch_filter([50.0])'
    """

    freqs: Sequence[float]
    method: str = "fir"
    name: ClassVar[str] = "notch"
    takes_epochs: ClassVar[bool] = False

    def __post_init__(self) -> None:
        freqs = tuple(number_between("freqs", freq, 0.0, above=True) for freq in self.freqs)
        if not freqs:
            raise ValueError("expected freqs to hold frequencies, got none")
        object.__setattr__(self, "freqs", freqs)
        one_of("method", self.method, ("fir", "forward"))

    @property
    def is_causal(self) -> bool:
        """Whether the filter runs forwards only."""
        return self.method == "forward"

    def apply(self, inst: Instance) -> Instance:
        """Modify a loaded recording in place, and return it."""
        for freq in self.freqs:
            _check_below_nyquist("freqs", freq, inst)
        if self.method == "forward":
            return notch_forward(inst, self.freqs)
        with pauses_marked(inst) as mark:
            return inst.notch_filter(
                list(self.freqs), picks="all", skip_by_annotation=mark, verbose="ERROR"
            )

    def code(self, inst: str) -> str:
        """Return the equivalent MNE code for a variable named `inst` without pauses."""
        if self.method == "forward":
            return f"eegzoo.data.notch_forward({inst}, {list(self.freqs)})"
        return f"{inst}.notch_filter({list(self.freqs)})"

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        values = super().to_dict()
        if self.method == "fir":  # as files have it that know no other
            del values["method"]
        return values


@dataclasses.dataclass(frozen=True)
class Resample(Step):
    """Step that changes the sampling rate, with an anti-aliasing filter (`resample`).

    The signal is not moved in time, and an event by at most half a new sample. Recordings whose
    rate differs from `sfreq` by less than a ten-thousandth keep their samples.

    Parameters
    ----------
    sfreq : float
        New sampling rate in Hz.

    Examples
    --------
    >>> print(Resample(128.0).code("raw"))
    slow = eegzoo.data.resample_raw(raw, 128.0)
    raw, events = slow, eegzoo.data.resample_events(events, raw, slow)
    """

    sfreq: float
    name: ClassVar[str] = "resample"

    def __post_init__(self) -> None:
        object.__setattr__(self, "sfreq", number_between("sfreq", self.sfreq, 0.0, above=True))

    def apply(self, inst: Instance) -> Instance:
        """Return a loaded recording or epochs after the step."""
        if isinstance(inst, mne.BaseEpochs):
            return resample_epochs(inst, self.sfreq)
        return resample_raw(inst, self.sfreq)

    def apply_with_events(
        self, raw: mne.io.BaseRaw, events: Events
    ) -> tuple[mne.io.BaseRaw, Events]:
        """Return a loaded recording after the step, and its events with their samples in it."""
        resampled = self.apply(raw)
        return resampled, resample_events(events, raw, resampled)

    def code(self, inst: str) -> str:
        """Return the equivalent code for a variable named `inst`."""
        if inst == "epochs":
            return f"epochs = eegzoo.data.resample_epochs(epochs, {self.sfreq})"
        return (
            f"slow = eegzoo.data.resample_raw({inst}, {self.sfreq})\n"
            f"{inst}, events = slow, eegzoo.data.resample_events(events, {inst}, slow)"
        )


@dataclasses.dataclass(frozen=True)
class Scale(Step):
    """Step that multiplies all amplitudes, for recordings stored in the wrong unit.

    Parameters
    ----------
    factor : float
        Positive factor.

    Examples
    --------
    >>> Scale(1e-3).code("raw")
    'raw.apply_function(lambda data: data * 0.001)'
    """

    factor: float
    name: ClassVar[str] = "scale"

    def __post_init__(self) -> None:
        object.__setattr__(self, "factor", number_between("factor", self.factor, 0.0, above=True))

    def apply(self, inst: Instance) -> Instance:
        """Modify a loaded recording or epochs in place, and return them."""
        return inst.apply_function(lambda data: data * self.factor, picks="all", verbose="ERROR")

    def code(self, inst: str) -> str:
        """Return the equivalent MNE code for a variable named `inst`."""
        return f"{inst}.apply_function(lambda data: data * {self.factor})"


def _check_below_nyquist(name: str, freq: float, inst: Instance) -> None:
    if freq >= inst.info["sfreq"] / 2:
        raise ValueError(
            f"expected {name} below half the sampling rate of {inst.info['sfreq']:g} Hz, "
            f"got {freq:g}"
        )
