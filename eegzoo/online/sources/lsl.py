"""Streams of the Lab Streaming Layer: reading an amplifier's, publishing decisions."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np

from eegzoo.arguments import number_between
from eegzoo.data.reading.formats.units import volts
from eegzoo.online.decision import Decision
from eegzoo.online.sources.clock_offset import ClockOffset
from eegzoo.online.sources.source import Chunk, Source

_INSTALL = "LSL streams require mne-lsl: pip install 'eegzoo[lsl]'"
# MNE's types, which LSL streams use in lower or upper case.
_TYPES = ("eeg", "eog", "ecg", "emg", "seeg", "ecog", "dbs", "stim", "misc")
# LSL also writes units as powers of ten of a volt.
_POWERS = {"-9": 1e-9, "-6": 1e-6, "-3": 1e-3, "0": 1.0}


class LSLSource(Source):
    """Source that reads a stream of the Lab Streaming Layer.

    Samples are converted to volts by the unit that each channel declares. Time stamps are those of
    the sender's clock, corrected to this machine's; they are not smoothed, so that lost samples
    show. If the sender stops and starts again, the connection is taken up again.

    Parameters
    ----------
    name : str
        Name of the stream.
    unit : str | None
        Unit of the channels, such as "uV", if they do not declare theirs.
    timeout_seconds : float
        Time for which the stream is looked for.

    Raises
    ------
    ImportError
        If mne-lsl is not installed.

    Examples
    --------
    >>> LSLSource("amplifier", unit="uV").name
    'amplifier'
    """

    def __init__(
        self, name: str, *, unit: str | None = None, timeout_seconds: float = 10.0
    ) -> None:
        self.name = name
        self.unit_factor = None if unit is None else volts(unit)
        self.timeout_seconds = number_between("timeout_seconds", timeout_seconds, 0.0, above=True)
        self._inlet: Any = None
        self._clock: Any = None

    def connect(self) -> None:
        """Look for the stream, and open it.

        Raises
        ------
        ValueError
            If there is not exactly one stream of this name, its rate is irregular, or a channel
            has no unit.
        """
        lsl = _lsl()
        found = lsl.resolve_streams(timeout=self.timeout_seconds, name=self.name)
        if len(found) != 1:
            known = sorted({each.name for each in lsl.resolve_streams(timeout=1.0)})
            raise ValueError(
                f"expected one LSL stream named {self.name!r}, got {len(found)}; streams: {known}"
            )
        self._inlet = lsl.StreamInlet(found[0], max_buffered=60, recover=True)
        self._inlet.open_stream(timeout=self.timeout_seconds)
        self._describe(self._inlet.get_sinfo(timeout=self.timeout_seconds))
        self._clock = ClockOffset(lsl.StreamInlet(found[0], recover=True), self.timeout_seconds)

    def _describe(self, info: Any) -> None:
        if info.sfreq <= 0:
            raise ValueError(f"expected a regular rate of {self.name!r}, got {info.sfreq:g} Hz")
        n_chans = info.n_channels
        names = info.get_channel_names()
        self.ch_names = [name or str(place) for place, name in enumerate(names or [None] * n_chans)]
        kinds = info.get_channel_types() or [info.stype] * n_chans
        self.ch_types = [_channel_type(kind or info.stype) for kind in kinds]
        self.sfreq = float(info.sfreq)
        units = info.get_channel_units() or [None] * n_chans
        self._factors = np.array(
            [
                self._factor(*known)
                for known in zip(self.ch_names, self.ch_types, units, strict=True)
            ]
        )

    def _factor(self, name: str, kind: str, unit: str | None) -> float:
        if kind in ("stim", "misc"):
            return 1.0
        if self.unit_factor is not None:
            return self.unit_factor
        if unit in _POWERS:
            return _POWERS[str(unit)]
        try:
            return volts(str(unit))
        except ValueError:
            raise ValueError(
                f"expected channel {name} of {self.name!r} to declare a unit of voltage, got "
                f"{unit!r}; give the unit"
            ) from None

    def disconnect(self) -> None:
        """Close the stream."""
        if self._clock is not None:
            self._clock.stop()
            self._clock = None
        if self._inlet is not None:
            self._inlet.close_stream()
            self._inlet = None

    def read(self) -> Chunk | None:
        """Return the samples that arrived since the last call; there may be none."""
        data, times = self._inlet.pull_chunk(timeout=0.0, max_samples=4096)
        samples = np.asarray(data, np.float64).reshape(-1, len(self._factors)).T
        stamps = np.asarray(times, np.float64) + self._clock.seconds
        return Chunk(samples * self._factors[:, None], stamps)


class DecisionOutlet:
    """LSL stream of decisions: the probability of each class, and the index of the label.

    The index is -1, and the probabilities are NaN, where there is no decision.

    Parameters
    ----------
    name : str
        Name of the stream.
    classes : sequence
        Labels, which name the channels.
    step_seconds : float
        Interval between successive decisions in seconds.

    Raises
    ------
    ImportError
        If mne-lsl is not installed.

    Examples
    --------
    >>> DecisionOutlet.__name__
    'DecisionOutlet'
    """

    def __init__(self, name: str, classes: Sequence[Any], step_seconds: float) -> None:
        lsl = _lsl()
        self.classes = list(classes)
        names = [f"p_{label}" for label in self.classes]
        info = lsl.StreamInfo(
            name, "Decisions", len(names) + 1, 1 / step_seconds, "float64", f"eegzoo-{name}"
        )
        info.set_channel_names([*names, "label"])
        info.set_channel_types(["misc"] * (len(names) + 1))
        self._outlet = lsl.StreamOutlet(info)

    def push(self, decision: Decision) -> None:
        """Publish a decision, with the time at which it was made."""
        row = np.full(len(self.classes) + 1, np.nan)
        row[-1] = -1
        if decision.probabilities is not None:
            row[:-1] = decision.probabilities
            row[-1] = self.classes.index(decision.label)
        self._outlet.push_sample(row)

    def __enter__(self) -> Self:
        """Return the outlet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the stream."""
        self._outlet = None


def _channel_type(kind: str) -> str:
    known = str(kind).strip().lower()
    return known if known in _TYPES else "misc"


def _lsl() -> Any:
    try:
        import mne_lsl.lsl
    except ImportError as error:
        raise ImportError(_INSTALL) from error
    return mne_lsl.lsl
