"""Channel types by name and unit, for files whose format has no types, and their units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from eegzoo.data.signal.channel_names import channel_key, is_scalp, split_name

# By MNE's name of the type: parts that may be anywhere in a name, and whole words.
_PARTS = {
    "eog": r"eog",
    "emg": r"emg",
    "ecg": r"ecg|ekg",
    "resp": r"resp|flow|thora|abdom|cannula|snor|nasal|effort",
    "temperature": r"temp(?!or)",
    "bio": r"sp[ao]?o2|sao2|pleth|pulse|co2\b",
    "stim": r"trigg|marker|event|status\b",
    "misc": r"phot[oi]|accel|gyro|batter|light|micro|audio|sound|position|annotation|pressure",
}
_WORDS = {
    "eog": r"loc|roc|lefteye|righteye",
    "emg": r"chin|submental|tib|tibialis|leg|legs|lat|rat|masseter|plm",
    "ecg": r"heart",
    "resp": r"thor|abd|abdo|chest|rip|therm|airway",
    "bio": r"osat|ppg|hr|pr|bpm",
    "gsr": r"gsr|eda|scr|sc",
    "stim": r"stim?|trig|trg|ttl|din|code|digital",
    "misc": r"dc|aux|acc|mic|lux|cpap|body|pos|vns|sync|counter|timestamp|packet|impedance|analog"
    r"|bursts|suppr|ibi|ox|gx|gy|gz|position|time|unused|void",
}
_KINDS = {"bio": "pulse or oxygen", "gsr": "skin conductance", "resp": "respiration"}
_KINDS |= {"stim": "events", "misc": "not EEG", "temperature": "temperature"}
# Unit of windows by type, and its factor from MNE's unit; others are in microvolts.
_UNITS = {"mag": ("fT", 1e15), "grad": ("fT/cm", 1e13), "csd": ("mV/m2", 1e3)}


def guess_type(name: str, ch_names: Sequence[str] = ()) -> str:
    """Return the type that a channel's name states; "eeg" if it states no other.

    Parameters
    ----------
    name : str
        Name of a channel that its file does not type.
    ch_names : sequence of str
        Names of all channels: E1 and E2 are the eyes, unless there is an E3.

    Returns
    -------
    str
        MNE's name of the type.

    Examples
    --------
    >>> [guess_type(name) for name in ("EEG Fpz-Cz", "EOG left", "Temp rectal", "Event marker")]
    ['eeg', 'eog', 'temperature', 'stim']
    >>> guess_type("E1-M2"), guess_type("E1", ["E1", "E2", "E3"])
    ('eog', 'eeg')
    """
    if is_scalp(name):
        return "eeg"
    electrode = split_name(name)[0].lower()
    keys = {channel_key(other) for other in ch_names}
    if re.fullmatch(r"e[12]", electrode) and "e3" not in keys:
        return "eog"
    for kind, parts in _PARTS.items():
        if re.search(parts, electrode):
            return kind
    words = re.split(r"[^a-z]+", electrode)
    for kind, known in _WORDS.items():
        if any(re.fullmatch(known, word) for word in words):
            return kind
    return "eeg"


def found_types(inst: Any) -> dict[str, str]:
    """Return the type of each channel of a recording or epochs.

    Readers type every channel of EDF and many other formats as EEG, so that for these channels the
    name decides, and then the unit: beside channels in volts, a channel in another unit is EEG only
    if its name is that of an electrode.

    Parameters
    ----------
    inst : mne.io.Raw | mne.Epochs
        Recording or epochs.
    """
    types = dict(zip(inst.ch_names, inst.get_channel_types(), strict=True))
    units: Mapping[str, str] = getattr(inst, "_orig_units", None) or {}
    has_volts = any(unit.endswith("V") for unit in units.values())
    for name, kind in types.items():
        if kind != "eeg":
            continue
        types[name] = guess_type(name, inst.ch_names)
        in_volts = not has_volts or units.get(name, "V").endswith("V")
        if types[name] == "eeg" and not in_volts and not is_scalp(name):
            types[name] = "misc"
    return types


def shown_type(kind: str) -> str:
    """Return the name of a channel type for messages."""
    return _KINDS.get(kind, kind.upper())


def unit_of(types: Sequence[str]) -> tuple[str, float]:
    """Return the unit of windows with channels of the given types, and its factor from MNE's.

    Raises
    ------
    ValueError
        If the types have different units.

    Examples
    --------
    >>> unit_of(["eeg", "eeg"]), unit_of(["mag"])
    (('uV', 1000000.0), ('fT', 1000000000000000.0))
    """
    units = {_UNITS.get(kind, ("uV", 1e6)) for kind in types}
    if len(units) != 1:
        raise ValueError(
            f"expected channels in one unit, got types {sorted(set(types))}, in "
            f"{sorted(unit for unit, _ in units)}"
        )
    return units.pop()
