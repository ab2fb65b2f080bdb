"""Decision which channels of a recording are EEG, or of the types that are asked for."""

from __future__ import annotations

import dataclasses
import fnmatch
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from eegzoo.arguments import one_of
from eegzoo.data.signal.channel_names import channel_key, split_name, standard_name
from eegzoo.data.signal.channel_types import found_types, shown_type
from eegzoo.data.signal.choice.twin_channels import find_twins
from eegzoo.data.signal.signal_info import SignalWarning

TYPES = ("eeg", "seeg", "ecog", "dbs", "csd", "mag", "grad")


@dataclasses.dataclass(frozen=True)
class ChannelChoice:
    """Channels of a recording that are used, and those that are left out.

    Parameters
    ----------
    names : tuple of str
        Channels that are used, as the recording names them.
    types : tuple of str
        Type of each of them.
    left_out : mapping of str to str
        Reason for which each other channel is left out.
    renamed : mapping of str to str
        New names of channels that MNE numbered because the file has their name twice.
    """

    names: tuple[str, ...]
    types: tuple[str, ...]
    left_out: Mapping[str, str]
    renamed: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def final_names(self) -> tuple[str, ...]:
        """Names of the channels that are used, after renaming."""
        return tuple(self.renamed.get(name, name) for name in self.names)

    def keys(self) -> list[str]:
        """Return the `channel_key` of each channel that is used."""
        return [channel_key(*known) for known in zip(self.final_names, self.types, strict=True)]

    def without(self, names: Sequence[str], reason: str) -> ChannelChoice:
        """Return the choice without some of the channels.

        Raises
        ------
        ValueError
            If no channel is left.
        """
        rest = [key for key, name in zip(self.keys(), self.names, strict=True) if name not in names]
        if not rest:
            raise ValueError(f"expected channels, got only {list(names)}, which are {reason}")
        return self.only(rest, reason)

    def only(self, keys: Sequence[str], reason: str) -> ChannelChoice:
        """Return the choice of the channels with the given keys, in their order."""
        own = self.keys()
        places = [own.index(key) for key in keys]
        lost = {name: reason for name, key in zip(self.names, own, strict=True) if key not in keys}
        return dataclasses.replace(
            self,
            names=tuple(self.names[place] for place in places),
            types=tuple(self.types[place] for place in places),
            left_out={**self.left_out, **lost},
        )


def choose_channels(
    inst: Any,
    *,
    channels: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    types: Sequence[str] = ("eeg",),
    keep: Sequence[str] = (),
) -> ChannelChoice:
    """Decide which channels of a recording are used.

    Parameters
    ----------
    inst : mne.io.Raw | mne.Epochs
        Recording or epochs.
    channels : sequence of str | None
        Names or patterns such as ``"C*"``, which also match the names of the 10-05 system. A
        pattern takes channels of other types only if it matches none of `types`. None: all.
    exclude : sequence of str
        Names or patterns of channels to leave out.
    types : sequence of str
        Types to use, among `TYPES`. Names and units decide about channels that are EEG for MNE.
    keep : sequence of str
        Names, matched as in `SignalInfo.order_of`, of channels that are used in any case.

    Returns
    -------
    ChannelChoice
        Decision. The channels have the order of the recording.

    Raises
    ------
    ValueError
        If no channel is left, if a pattern matches no channel, or if channels of the same name
        differ.

    Examples
    --------
    >>> info = mne.create_info(["EEG Fp1-A2", "EEG C3-A2", "ECG"], 100.0, "eeg")
    >>> raw = mne.io.RawArray(np.zeros((3, 100)), info, verbose=False)
    >>> choice = choose_channels(raw)
    >>> choice.names, choice.left_out
    (('EEG Fp1-A2', 'EEG C3-A2'), {'ECG': 'ECG'})
    >>> choose_channels(raw, channels=["C*"]).names
    ('EEG C3-A2',)
    """
    for kind in types:
        one_of("types", kind, TYPES)
    kept = {channel_key(name) for name in keep}
    found = found_types(inst)
    stated = dict(zip(inst.ch_names, inst.get_channel_types(), strict=True))
    left_out = {name: shown_type(kind) for name, kind in found.items() if kind not in types}
    for name, kind in stated.items():
        if kind in types and channel_key(name, kind) in kept:
            left_out.pop(name, None)
    left_out |= {name: "no name" for name in found if not name.strip(" -.0123456789")}
    for pattern in exclude:
        unwanted = [name for name in inst.ch_names if matches(name, pattern)]
        if not unwanted:
            raise ValueError(f"expected a channel for {pattern!r}, got {list(inst.ch_names)}")
        left_out |= {name: "excluded" for name in unwanted if name not in left_out}
    renamed, twins = find_twins(inst, [name for name in found if name not in left_out])
    left_out |= twins
    names = [name for name in inst.ch_names if name not in left_out]
    if channels is not None:
        others = [n for n in inst.ch_names if n not in twins and left_out.get(n) != "excluded"]
        asked = _asked(channels, names, others, renamed)
        left_out |= {name: "not among --channels" for name in names if name not in asked}
        left_out = {name: reason for name, reason in left_out.items() if name not in asked}
        names = [name for name in inst.ch_names if name in asked]
    if not names:
        raise ValueError(_none_left(types, found, left_out))
    kinds = tuple(stated[name] if stated[name] in types else types[0] for name in names)
    return ChannelChoice(tuple(names), kinds, left_out, renamed)


def eeg_channels(inst: Any, types: Sequence[str] = ("eeg",), keep: Sequence[str] = ()) -> list[str]:
    """Return the names of the EEG channels of a recording or epochs, including bad ones.

    Parameters
    ----------
    inst, types, keep
        As in `choose_channels`.

    Raises
    ------
    ValueError
        If there are no EEG channels.

    Warns
    -----
    SignalWarning
        If channels that are EEG for MNE are left out because of their names or units.
    """
    choice = choose_channels(inst, types=types, keep=keep)
    stated = dict(zip(inst.ch_names, inst.get_channel_types(), strict=True))
    doubtful = {n: reason for n, reason in choice.left_out.items() if stated[n] in types}
    if doubtful:
        shown = ", ".join(f"{name} ({reason})" for name, reason in doubtful.items())
        warnings.warn(
            f"channels are left out because they do not seem to be EEG: {shown}; "
            "a Pick step uses them nevertheless",
            SignalWarning,
            stacklevel=3,
        )
    return list(choice.names)


def common_channels(choices: Sequence[ChannelChoice]) -> list[ChannelChoice]:
    """Return the choices of several recordings, reduced to the channels that all of them have.

    Parameters
    ----------
    choices : sequence of ChannelChoice
        Choice of each recording. The order of the channels is that of the first.

    Raises
    ------
    ValueError
        If the recordings have no channel in common.
    """
    if len(choices) < 2:
        return list(choices)
    keys = [choice.keys() for choice in choices]
    common = [key for key in keys[0] if all(key in own for own in keys)]
    if not common:
        shown = [list(choice.final_names) for choice in choices]
        raise ValueError(f"expected channels in common, got {shown}")
    return [choice.only(common, "not in all files") for choice in choices]


def differences(choices: Mapping[str, ChannelChoice]) -> str:
    """Return which channels each recording has that others lack; empty if all have the same."""
    shown = {
        name: dict(zip(choice.keys(), choice.final_names, strict=True))
        for name, choice in choices.items()
    }
    common = set.intersection(*(set(known) for known in shown.values())) if shown else set()
    extra = {
        name: [given for key, given in known.items() if key not in common]
        for name, known in shown.items()
    }
    return "; ".join(f"{' '.join(given)} in {name}" for name, given in extra.items() if given)


def with_choice(inst: Any, choice: ChannelChoice) -> Any:
    """Return a copy whose only channels of the chosen types are those that are used, in order.

    Other channels stay, for their events, but change their type to "misc" where necessary.
    """
    inst = inst.copy()
    stated = dict(zip(inst.ch_names, inst.get_channel_types(), strict=True))
    kinds = dict(zip(choice.names, choice.types, strict=True))
    changed = {name: kind for name, kind in kinds.items() if stated[name] != kind}
    changed |= {name: "misc" for name in choice.left_out if stated[name] in TYPES}
    if changed:
        inst.set_channel_types(changed, on_unit_change="ignore", verbose="ERROR")
    order = [*choice.names, *(name for name in inst.ch_names if name not in kinds)]
    if order != inst.ch_names:
        inst.reorder_channels(order)
    if choice.renamed:
        inst.rename_channels(dict(choice.renamed), verbose="ERROR")
    return inst


def matches(name: str, pattern: str) -> bool:
    """Return whether a name, its electrode or its standard name matches a pattern.

    Examples
    --------
    >>> matches("EEG C3-A2", "C*"), matches("T3", "t7"), matches("EEG C3-A2", "C4")
    (True, True, False)
    """
    wanted = pattern.strip().lower()
    spellings = {name.strip(), split_name(name)[0], standard_name(name)}
    return any(fnmatch.fnmatchcase(known.lower(), wanted) for known in spellings)


def _asked(
    channels: Sequence[str], names: Sequence[str], others: Sequence[str], renamed: Mapping[str, str]
) -> set[str]:
    """Return the channels that patterns match: among `names` or, if there are none, `others`."""
    asked: set[str] = set()
    for pattern in channels:
        found = [name for name in names if matches(renamed.get(name, name), pattern)]
        found = found or [name for name in others if matches(name, pattern)]
        if not found:
            raise ValueError(f"expected a channel for {pattern!r}, got {list(others)}")
        asked.update(found)
    return asked


def _none_left(types: Sequence[str], found: Mapping[str, str], left_out: Mapping[str, str]) -> str:
    kinds = sorted(set(found.values()))
    others = [kind for kind in kinds if kind in TYPES and kind not in types]
    wanted = "EEG channels" if list(types) == ["eeg"] else f"channels of type {list(types)}"
    remedy = f"; types {','.join(others)} must be asked for (--types)" if others else ""
    removed = [n for n, reason in left_out.items() if found[n] in types]
    if removed:
        remedy = f"; {', '.join(f'{name}: {left_out[name]}' for name in removed)}"
    return f"expected {wanted}, got channels of type {kinds}{remedy}"
