"""Steps that pick channels, set their positions and change the reference."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

from eegzoo.arguments import one_of
from eegzoo.data.preprocessing.step import Instance, Step
from eegzoo.data.signal.montage import MONTAGES, builtin_name, named_montage
from eegzoo.data.signal.signal_info import SignalInfo


@dataclasses.dataclass(frozen=True)
class Pick(Step):
    """Step that picks channels by name and puts them in the given order.

    Parameters
    ----------
    ch_names : sequence of str
        Names of the channels, matched as in `SignalInfo.order_of`. The channels take these names.

    Examples
    --------
    >>> Pick(["C3", "Cz", "C4"]).code("raw")
    "raw.pick(['C3', 'Cz', 'C4'])"
    """

    ch_names: Sequence[str]
    name: ClassVar[str] = "pick"

    def __post_init__(self) -> None:
        object.__setattr__(self, "ch_names", _names("ch_names", self.ch_names))

    def apply(self, inst: Instance) -> Instance:
        """Modify a loaded recording or epochs in place, and return them."""
        wanted = SignalInfo(self.ch_names, sfreq=1.0, n_times=1)
        found = [inst.ch_names[place] for place in wanted.order_of(inst.ch_names)]
        inst.pick(found, verbose="ERROR").reorder_channels(found)
        renamed = {old: new for old, new in zip(found, self.ch_names, strict=True) if old != new}
        return inst.rename_channels(renamed, verbose="ERROR")

    def code(self, inst: str) -> str:
        """Return the equivalent MNE code for a variable named `inst`."""
        return f"{inst}.pick({list(self.ch_names)})"


@dataclasses.dataclass(frozen=True)
class Montage(Step):
    """Step that sets the electrode positions from one of MNE's template montages.

    Parameters
    ----------
    montage : str
        Name of the template montage.

    Examples
    --------
    >>> Montage("biosemi64").code("raw")
    "raw.set_montage('biosemi64', match_case=False)"
    """

    montage: str = "standard_1005"
    name: ClassVar[str] = "montage"

    def __post_init__(self) -> None:
        one_of("montage", self.montage, tuple(MONTAGES))

    def apply(self, inst: Instance) -> Instance:
        """Modify a loaded recording or epochs in place, and return them."""
        try:
            return inst.set_montage(named_montage(self.montage), match_case=False, verbose="ERROR")
        except ValueError as error:
            raise ValueError(f"montage {self.montage}: {error}") from error

    def code(self, inst: str) -> str:
        """Return the equivalent MNE code for a variable named `inst`."""
        return f"{inst}.set_montage({builtin_name(self.montage)!r}, match_case=False)"


@dataclasses.dataclass(frozen=True)
class Reference(Step):
    """Step that subtracts the mean of the reference channels from all channels.

    Bad channels get the same reference as the others. MNE's average reference leaves them at
    their old one.

    Parameters
    ----------
    channels : "average" | sequence of str
        Names of the reference channels. "average": all channels that are not marked as bad.

    Raises
    ------
    ValueError
        When the step is applied: if a reference channel is missing or all channels are bad.

    Examples
    --------
    >>> print(Reference(["M1", "M2"]).code("raw"))
    bads, raw.info['bads'] = raw.info['bads'], []
    raw.set_eeg_reference(['M1', 'M2'])
    raw.info['bads'] = bads
    """

    channels: str | Sequence[str] = "average"
    name: ClassVar[str] = "reference"

    def __post_init__(self) -> None:
        if self.channels != "average":
            object.__setattr__(self, "channels", _names("channels", self.channels))

    def apply(self, inst: Instance) -> Instance:
        """Modify a loaded recording or epochs in place, and return them."""
        names = self.channels
        if names == "average":
            names = [name for name in inst.ch_names if name not in inst.info["bads"]]
            if not names:
                raise ValueError("expected good channels for an average reference, got none")
        missing = [name for name in names if name not in inst.ch_names]
        if missing:
            raise ValueError(f"expected reference channels {missing}, got {inst.ch_names}")
        bads, inst.info["bads"] = inst.info["bads"], []  # MNE would leave them as they are
        inst.set_eeg_reference(list(names), verbose="ERROR")
        inst.info["bads"] = bads
        return inst

    def code(self, inst: str) -> str:
        """Return the equivalent MNE code for a variable named `inst`."""
        names = f"{list(self.channels)!r}"
        if self.channels == "average":
            names = f"[name for name in {inst}.ch_names if name not in bads]"
        return (
            f"bads, {inst}.info['bads'] = {inst}.info['bads'], []\n"
            f"{inst}.set_eeg_reference({names})\n"
            f"{inst}.info['bads'] = bads"
        )


def _names(argument: str, names: str | Sequence[str]) -> tuple[str, ...]:
    if isinstance(names, str) or not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"expected {argument} to be a sequence of names, got {names!r}")
    return tuple(names)
