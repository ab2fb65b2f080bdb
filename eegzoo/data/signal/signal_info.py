"""Description of a signal: channels, sampling rate, unit and window."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

from eegzoo.arguments import number_between, one_of, positive_int
from eegzoo.data.signal.channel_names import channel_key, places_by_key
from eegzoo.data.signal.processing import Processing

# Microvolts, the units of MEG and of current source density, and none after normalisation.
UNITS = ("uV", "fT", "fT/cm", "mV/m2", "normalized")
# Clocks drift more than sampling rates that differ by less than this relative difference.
SAME_RATE = 1e-4


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
    unit : {"uV", "fT", "fT/cm", "mV/m2", "normalized"}
        Unit of the amplitudes: microvolts, the unit of magnetometers, gradiometers or current
        source density, or none after normalisation.
    ch_types : sequence of str
        Type of each channel, as MNE names them. Empty: all are scalp EEG.
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
    ch_types: Sequence[str] = ()
    processing: Processing | None = None

    def __post_init__(self) -> None:
        if isinstance(self.ch_names, str):
            raise TypeError(f"expected ch_names to be a sequence of names, got {self.ch_names!r}")
        object.__setattr__(self, "ch_names", tuple(self.ch_names))
        object.__setattr__(self, "ch_types", tuple(self.ch_types))
        if set(self.ch_types) <= {"eeg"}:
            object.__setattr__(self, "ch_types", ())
        elif len(self.ch_types) != len(self.ch_names):
            raise ValueError(
                f"expected ch_types of {len(self.ch_names)} channels, got {len(self.ch_types)}"
            )
        places_by_key(self.ch_names, self.ch_types)
        number_between("sfreq", self.sfreq, 0.0, above=True)
        positive_int("n_times", self.n_times)
        one_of("unit", self.unit, UNITS)

    @property
    def types(self) -> tuple[str, ...]:
        """Type of each channel."""
        return tuple(self.ch_types) or ("eeg",) * len(self.ch_names)

    def keys(self) -> list[str]:
        """Return the `channel_key` of each channel, by which channels are matched."""
        return [channel_key(*known) for known in zip(self.ch_names, self.types, strict=True)]

    def places(self, ch_names: Sequence[str]) -> dict[str, int]:
        """Return the indices of channels by their keys, read as channels of this signal's types.

        Raises
        ------
        ValueError
            If two names denote the same channel.
        """
        kinds = set(self.types)
        kind = self.types[0] if len(kinds) == 1 else "seeg"  # mixed contacts: whole names
        return places_by_key(ch_names, [kind] * len(ch_names))

    def order_of(self, ch_names: Sequence[str]) -> list[int]:
        """Return the index in `ch_names` of each channel of this signal.

        Names match regardless of case, prefixes such as "EEG", references such as "-A2", "-REF"
        or "-AVG", and trailing dots. Old names match new ones (T3 is T7, T4 is T8, T5 is P7, T6 is
        P8). A bipolar derivation matches only itself, and contacts in the brain and sensors of MEG
        match by their whole names. Channels that this signal does not have are ignored.

        Raises
        ------
        ValueError
            If a channel is missing or occurs twice.
        """
        places = self.places(ch_names)
        keys = dict(zip(self.keys(), self.ch_names, strict=True))
        missing = [name for key, name in keys.items() if key not in places]
        if missing:
            raise ValueError(f"channels {_some(missing)} are missing, got {_some(ch_names)}")
        return [places[key] for key in keys]

    def check_window(self, other: SignalInfo) -> None:
        """Raise ValueError if another signal has a different unit, sampling rate or window."""
        if other.unit != self.unit:
            raise ValueError(f"expected unit {self.unit!r}, got {other.unit!r}")
        if set(other.types) != set(self.types):
            raise ValueError(
                f"expected channels of type {sorted(set(self.types))}, got "
                f"{sorted(set(other.types))}"
            )
        for name, unit in {"sfreq": " Hz", "n_times": " samples", "tmin": " s"}.items():
            expected, got = getattr(self, name), getattr(other, name)
            if name == "sfreq":
                same = same_rate(expected, got)
            else:
                same = abs(expected - got) <= 1e-6 * max(1.0, abs(expected))
            if not same:
                wanted, found = shown_apart(expected, got)
                raise ValueError(f"expected {name} of {wanted}{unit}, got {found}{unit}")

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

    def filtered(self, is_causal: bool | None) -> Self:
        """Return the signal with what is known of the direction of its filters."""
        processing = dataclasses.replace(self.processing or Processing(), is_causal=is_causal)
        return dataclasses.replace(self, processing=processing)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        values = {**dataclasses.asdict(self), "ch_names": list(self.ch_names)}
        kinds = values.pop("ch_types")
        values |= {"ch_types": list(kinds)} if kinds else {}
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the signal that `to_dict` describes."""
        known = values.get("processing")
        processing = None if known is None else Processing(**known)
        return cls(**{**values, "processing": processing})


def same_rate(one: float, other: float) -> bool:
    """Return whether two sampling rates differ by no more than the clocks of amplifiers do.

    Examples
    --------
    >>> same_rate(128.0, 128.00002), same_rate(128.0, 128.1)
    (True, False)
    """
    return abs(one - other) <= SAME_RATE * max(abs(one), abs(other))


def shown_apart(expected: float, got: float) -> tuple[str, str]:
    """Return two different numbers with as many digits as it takes to tell them apart.

    Examples
    --------
    >>> shown_apart(128.0, 100.0), shown_apart(128.0, 128.00002)
    (('128', '100'), ('128', '128.00002'))
    """
    for digits in range(6, 17):
        texts = f"{expected:.{digits}g}", f"{got:.{digits}g}"
        if texts[0] != texts[1]:
            return texts
    return repr(expected), repr(got)


def _some(names: Sequence[str], most: int = 10) -> str:
    """Return names as a list, of which only the first are named if there are many."""
    others = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{list(names)[:most]}{others}"
