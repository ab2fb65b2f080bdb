"""Description of a signal: channels, sampling rate, unit and window."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

from eegzoo.arguments import number_between, one_of, positive_int
from eegzoo.data.signal.channel_names import channel_key, places_by_key
from eegzoo.data.signal.processing import Processing

UNITS = ("uV", "normalized")


class SignalWarning(UserWarning):
    """Warning about a signal that is unusual but can be used."""


@dataclasses.dataclass(frozen=True)
class SignalInfo:
    """Description of the signal in a window, stored with data, estimators and checkpoints.

    Parameters
    ----------
    ch_names : sequence of str
        Names of the channels, in order.
    sfreq : float
        Sampling rate in Hz.
    n_times : int
        Number of samples in a window.
    tmin : float
        Time of a window's first sample in seconds, relative to its event.
    unit : {"uV", "normalized"}
        Unit of the amplitudes: microvolts, or none after normalisation.
    processing : Processing | None
        Band, reference and baseline of the windows. None: unknown.

    Examples
    --------
    >>> info = SignalInfo(["C3", "Cz", "C4"], sfreq=128.0, n_times=256, tmin=0.5)
    >>> info.order_of(["EEG C4", "cz..", "EEG C3", "EOG"])
    [2, 1, 0]
    """

    ch_names: Sequence[str]
    sfreq: float
    n_times: int
    tmin: float = 0.0
    unit: str = "uV"
    processing: Processing | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "ch_names", tuple(self.ch_names))
        places_by_key(self.ch_names)
        number_between("sfreq", self.sfreq, 0.0, above=True)
        positive_int("n_times", self.n_times)
        one_of("unit", self.unit, UNITS)

    def order_of(self, ch_names: Sequence[str]) -> list[int]:
        """Return the index in `ch_names` of each channel of this signal.

        Names match regardless of case, an "EEG" prefix, a "-REF" or "-LE" suffix and trailing
        dots. Old names match new ones (T3 is T7, T4 is T8, T5 is P7, T6 is P8). Channels that this
        signal does not have are ignored.

        Raises
        ------
        ValueError
            If a channel is missing or occurs twice.
        """
        places = places_by_key(ch_names)
        missing = [name for name in self.ch_names if channel_key(name) not in places]
        if missing:
            raise ValueError(f"channels {missing} are missing, got {list(ch_names)}")
        return [places[channel_key(name)] for name in self.ch_names]

    def check_window(self, other: SignalInfo) -> None:
        """Raise ValueError if another signal has a different unit, sampling rate or window."""
        if other.unit != self.unit:
            raise ValueError(f"expected unit {self.unit!r}, got {other.unit!r}")
        for name, unit in {"sfreq": " Hz", "n_times": " samples", "tmin": " s"}.items():
            expected, got = getattr(self, name), getattr(other, name)
            if not abs(expected - got) <= 1e-6 * max(1.0, abs(expected)):
                raise ValueError(f"expected {name} of {expected:g}{unit}, got {got:g}{unit}")

    def check_processing(self, other: SignalInfo, how: str = "raise") -> None:
        """Check that windows of another signal were processed like those of this one.

        Parameters
        ----------
        other : SignalInfo
            Signal whose band, reference and baseline are compared, as far as both are known.
        how : {"raise", "warn", "ignore"}
            Reaction to a difference.

        Raises
        ------
        ValueError
            If they differ and `how` is "raise".

        Warns
        -----
        SignalWarning
            If they differ and `how` is "warn".
        """
        if how == "ignore" or self.processing is None or other.processing is None:
            return
        found = "; ".join(self.processing.differences(other.processing))
        if not found:
            return
        text = f"expected windows processed as in training: {found}"
        if how == "raise":
            raise ValueError(
                f"{text}. Process the recording alike before it is cut into windows "
                "(check_signal='ignore' skips this check)"
            )
        warnings.warn(text, SignalWarning, stacklevel=3)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        values = {**dataclasses.asdict(self), "ch_names": list(self.ch_names)}
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the signal that `to_dict` describes."""
        known = values.get("processing")
        processing = None if known is None else Processing(**known)
        return cls(**{**values, "processing": processing})
