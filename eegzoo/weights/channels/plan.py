"""The plan of a recording's way into a model: its channels, rate and window."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.weights.channels.applying import apply_plan
from eegzoo.weights.channels.table import as_html, as_text

HOW = ("taken", "renamed", "re-referenced", "interpolated", "zeroed", "absent")


@dataclasses.dataclass(frozen=True)
class PlannedChannel:
    """What becomes of one channel that a model knows.

    Parameters
    ----------
    name : str
        Name of the channel, as the model has it.
    how : {"taken", "renamed", "re-referenced", "interpolated", "zeroed", "absent"}
        What is done. "absent": the model runs without it, or refuses if it needs it.
    weights : mapping of str to float
        Factors of the recording's channels, of which it is the sum.
    why : str
        Reason.

    Examples
    --------
    >>> PlannedChannel("FP1-F7", "re-referenced", {"Fp1": 1.0, "F7": -1.0}, "Fp1 minus F7").how
    're-referenced'
    """

    name: str
    how: str
    weights: Mapping[str, float] = dataclasses.field(default_factory=dict)
    why: str = ""


@dataclasses.dataclass(frozen=True)
class ChannelPlan:
    """How the channels, rate and window of a recording become those of a trained model.

    `eegzoo.channel_plan` returns it; ``print`` shows it as a table.

    Parameters
    ----------
    model : str
        Name of the model or of its weights.
    channels : tuple of PlannedChannel
        What becomes of each channel that the model knows, in its order.
    ch_names : tuple of str
        Channels of the recording.
    left_out : mapping of str to str
        Why channels of the recording are not used.
    sfreq, new_sfreq : float
        Sampling rates in Hz of the recording and of the model.
    unit : str
        Scale that the model itself brings its input to, which is in microvolts.
    patch_length : int | None
        Number of samples in a token, at the model's rate. None: the model has none.
    min_n_times, max_n_times : int | None
        Number of samples in the shortest and the longest window, at the model's rate. None: there
        is no limit.
    n_times : int | None
        Number of samples in a window of the recording. None: not given.
    keeps_order : bool
        Whether the channels keep the order of the recording; otherwise they have the model's.
    faults : tuple of str
        Why the model cannot run. Empty: it can.

    Examples
    --------
    >>> plan = eegzoo.channel_plan("eegnet.ssvep_exo", ["EEG POZ-Ref", "O1"], 128)
    >>> plan.n_found, len(plan.channels), len(plan.faults)
    (2, 8, 1)
    """

    model: str
    channels: tuple[PlannedChannel, ...]
    ch_names: tuple[str, ...]
    left_out: Mapping[str, str]
    sfreq: float
    new_sfreq: float
    unit: str
    patch_length: int | None = None
    min_n_times: int | None = None
    max_n_times: int | None = None
    n_times: int | None = None
    keeps_order: bool = False
    faults: tuple[str, ...] = ()

    @property
    def used(self) -> tuple[PlannedChannel, ...]:
        """Channels that enter the model, in the order in which they do."""
        there = [channel for channel in self.channels if channel.how != "absent"]
        if self.keeps_order:
            places = {name: place for place, name in enumerate(self.ch_names)}
            there.sort(key=lambda channel: min(places[name] for name in channel.weights))
        return tuple(there)

    @property
    def n_found(self) -> int:
        """Number of channels that the recording has, by another name or reference at most."""
        return sum(channel.how in HOW[:3] for channel in self.channels)

    @property
    def is_selection(self) -> bool:
        """Whether channels are only chosen, each at the model's rate and without computation."""
        each = [[*channel.weights.values()] == [1.0] for channel in self.used]
        return all(each) and self.new_sfreq == self.sfreq

    @property
    def matrix(self) -> npt.NDArray[np.float64]:
        """Matrix (n_chans of the model, n_chans of the recording) that computes the channels."""
        places = {name: place for place, name in enumerate(self.ch_names)}
        matrix = np.zeros((len(self.used), len(self.ch_names)))
        for row, channel in enumerate(self.used):
            for name, weight in channel.weights.items():
                matrix[row, places[name]] = weight
        return matrix

    @property
    def new_n_times(self) -> int | None:
        """Number of samples in a window at the model's rate."""
        return None if self.n_times is None else round(self.n_times * self.new_sfreq / self.sfreq)

    def check(self) -> None:
        """Raise a ValueError with the table if the model cannot run on the recording."""
        if self.faults:
            raise ValueError(f"{'; '.join(self.faults)}\n{self}")

    def apply(self, inst: Any) -> Any:
        """Return a recording, epochs or array with the model's channels at its rate.

        Resampling uses a zero-phase filter against aliasing and moves no sample in time.

        Parameters
        ----------
        inst : mne.io.Raw | mne.Epochs | array, shape (..., n_chans, n_times)
            Recording or epochs with the channels of the plan, found by their names; or signals in
            the order of its `ch_names`. It is not changed.

        Returns
        -------
        mne.io.Raw | mne.Epochs | array, shape (..., n_chans_new, n_times_new)
            Signals of the same kind and unit. Channels have the model's names.

        Raises
        ------
        ValueError
            If the plan has faults, or the channels or the rate are others than the plan's.

        Examples
        --------
        >>> plan = eegzoo.channel_plan("biot", ["Fp1", "F7", "F3", "C3"], 250)
        >>> plan.apply(np.ones((2, 4, 500))).shape
        (2, 3, 400)
        """
        self.check()
        names = [channel.name for channel in self.used]
        return apply_plan(inst, self.matrix, self.ch_names, names, self.sfreq, self.new_sfreq)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        values = dataclasses.asdict(self)
        for name in ("ch_names", "faults", "channels"):
            values[name] = list(values[name])
        return values

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Return a row for each channel: name, what is done, from which channels, and why."""
        return [
            (channel.name, channel.how, _sum_of(channel.weights), channel.why)
            for channel in self.channels
        ]

    def summary(self) -> list[str]:
        """Return lines about channels, rate, unit and window."""
        counts = {how: sum(channel.how == how for channel in self.channels) for how in HOW}
        shown = ", ".join(f"{count} {how}" for how, count in counts.items() if count)
        same = self.new_sfreq == self.sfreq
        rate = f"{self.sfreq:g} Hz" + ("" if same else f", resampled to {self.new_sfreq:g} Hz")
        lines = [
            f"{self.model}: {len(self.channels)} channels, of which {shown}",
            f"rate {rate}; unit uV, in the model {self.unit}",
        ]
        limits = []
        for name, n_times in (("shortest", self.min_n_times), ("longest", self.max_n_times)):
            if n_times is not None:
                limits.append(f"{name} {n_times / self.new_sfreq:g} s")
        if self.patch_length is not None:
            limits.insert(0, f"patches of {self.patch_length / self.new_sfreq:g} s")
        if self.new_n_times is not None:
            limits.insert(0, f"{self.new_n_times} samples")
            rest = self.new_n_times % self.patch_length if self.patch_length else 0
            if rest:
                limits.append(f"the last {rest / self.new_sfreq:g} s are left out")
        return [*lines, *(["window: " + ", ".join(limits)] if limits else [])]

    def __str__(self) -> str:
        return as_text(self.summary(), self.rows(), self.left_out, self.faults)

    def _repr_html_(self) -> str:
        return as_html(self.summary(), self.rows(), self.left_out, self.faults)


def _sum_of(weights: Mapping[str, float]) -> str:
    """Return a weighted sum of channels as text, of many channels only the number."""
    if len(weights) > 2:
        return f"{len(weights)} channels"
    terms = [
        ("- " if weight < 0 else "+ ") + ("" if abs(weight) == 1 else f"{abs(weight):.3g} ") + name
        for name, weight in weights.items()
    ]
    return " ".join(terms).removeprefix("+ ")
