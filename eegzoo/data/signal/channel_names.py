"""Channel names: the electrode and the reference that a name states, and matching of names."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

# Names of the ten-twenty system before 1991.
_OLD_NAMES = {"t3": "t7", "t4": "t8", "t5": "p7", "t6": "p8"}
# Rows of the 10-05 system, from front to back.
_ROWS = [
    "Fp",
    "AFp",
    "AF",
    "AFF",
    "F",
    "FFT",
    "FFC",
    "FT",
    "FC",
    "FTT",
    "FCC",
    "T",
    "C",
    "TTP",
    "CCP",
    "TP",
    "CP",
    "TPP",
    "CPP",
    "P",
    "PPO",
    "PO",
    "POO",
    "O",
    "OI",
    "I",
]
# Scalp EEG, and signals computed from it, have the electrodes of the ten-twenty system.
SCALP = ("eeg", "csd")
# What amplifiers and hospitals write before a name. "EEG" may touch the name, "POL" may not.
_PREFIX = re.compile(r"^(?:eeg[ :_-]*|(?:pol|ref)[ :]+)(?=\S)", re.IGNORECASE)
_EAR = r"(?:a|m)[12]|tp(?:9|10)"
_REFERENCE = re.compile(
    rf"(?:ref(?:erence)?\d?|ler?|lm|aa|avg?|ave|average|car|linked ?(?:ears|mastoids)?|{_EAR}"
    r"|\(?(?:a1|m1)[ +&]?(?:a2|m2)\)?(?:/2)?)",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*[-:_/]\s*")
# References with several names. "ref" does not say which it is.
_SAME_REFERENCE = {"m1": "a1", "m2": "a2", "ref": "", "reference": "", "av": "avg", "ave": "avg"}
_SAME_REFERENCE |= {"average": "avg", "car": "avg", "le": "a1a2", "ler": "a1a2", "aa": "a1a2"}


def split_name(name: str) -> tuple[str, str]:
    """Return the electrode and the reference that a channel name states.

    Only a reference away from the scalp is split off: ears, mastoids, an average or a general
    "Ref". The difference of two scalp electrodes is a bipolar derivation, which stays one name.

    Parameters
    ----------
    name : str
        Name of a channel.

    Returns
    -------
    electrode : str
        Electrode or bipolar derivation, as the name spells it.
    reference : str
        Reference, as the name spells it. Empty: the name states none.

    Examples
    --------
    >>> [split_name(name) for name in ("EEG FP1-Ref", "POL Fp1", "C4:A1", "Fc5.")]
    [('FP1', 'Ref'), ('Fp1', ''), ('C4', 'A1'), ('Fc5', '')]
    >>> split_name("EEG Fpz-Cz")
    ('Fpz-Cz', '')
    """
    plain = _PREFIX.sub("", name.strip()).rstrip(" .") or name.strip()
    for separator in _SEPARATOR.finditer(plain):
        electrode, reference = plain[: separator.start()], plain[separator.end() :]
        if electrode and _REFERENCE.fullmatch(reference):
            return electrode.rstrip(" ."), reference
    return plain, ""


def reference_key(name: str) -> str:
    """Return the normalised reference of a channel name; empty if it does not say which it is.

    Examples
    --------
    >>> [reference_key(name) for name in ("C4-A1", "C4:M1", "EEG C4-LE", "C4-Ref", "C4")]
    ['a1', 'a1', 'a1a2', '', '']
    """
    key = re.sub(r"[^a-z0-9]", "", split_name(name)[1].lower().removesuffix("/2"))
    key = re.sub(r"^ref\d$", "", key).replace("m1m2", "a1a2")
    return _SAME_REFERENCE.get(key, key)


def channel_key(name: str, ch_type: str = "eeg") -> str:
    """Return the normalised form of a channel name, equal for names of the same electrode.

    Parameters
    ----------
    name : str
        Name of a channel.
    ch_type : str
        Type of the channel. Contacts in the brain, such as the sEEG contacts T3 and T7, and
        sensors of MEG match by their whole name.

    Examples
    --------
    >>> [channel_key(name) for name in ("EEG Fpz-Cz", "Fc5.", "T3", "EEG P8-REF", "C4-M1")]
    ['fpz-cz', 'fc5', 't7', 'p8', 'c4']
    >>> channel_key("T3", "seeg")
    't3'
    """
    if ch_type not in SCALP:
        return name.strip().lower()
    electrode = split_name(name)[0].lower()
    known = _spelling()
    parts = [part.rstrip(" .") for part in re.split(r"\s*[-:/]\s*", electrode)]
    if len(parts) == 2 and all(_OLD_NAMES.get(part, part) in known for part in parts):
        return "-".join(_OLD_NAMES.get(part, part) for part in parts)  # a bipolar derivation
    return _OLD_NAMES.get(electrode, electrode)


def standard_name(name: str, ch_type: str = "eeg") -> str:
    """Return a channel's name in the spelling of the 10-05 system, by which models match it.

    Names outside the system are returned without surrounding blanks.

    Examples
    --------
    >>> [standard_name(name) for name in ("EEG FP1-Ref", "T6", "EEG T3-T5", "Ch1")]
    ['Fp1', 'P8', 'T7-P7', 'Ch1']
    """
    if ch_type not in SCALP or not is_scalp(name):
        return name.strip()
    return "-".join(_spelling()[part] for part in channel_key(name).split("-"))


def is_scalp(name: str) -> bool:
    """Return whether a name is that of an electrode of the 10-05 system, or of a derivation.

    Examples
    --------
    >>> [is_scalp(name) for name in ("EEG FP1-Ref", "Fpz-Cz", "Ch1", "ECG")]
    [True, True, False, False]
    """
    return all(part in _spelling() for part in channel_key(name).split("-"))


def places_by_key(ch_names: Sequence[str], ch_types: Sequence[str] = ()) -> dict[str, int]:
    """Return the index of each channel, by `channel_key` of its name.

    Parameters
    ----------
    ch_names : sequence of str
        Names of the channels.
    ch_types : sequence of str
        Types of the channels. Empty: all are scalp EEG.

    Raises
    ------
    ValueError
        If two names denote the same channel, or one electrode with two references.
    """
    places: dict[str, int] = {}
    kinds = ch_types or ["eeg"] * len(ch_names)
    for place, (name, kind) in enumerate(zip(ch_names, kinds, strict=True)):
        first = places.setdefault(channel_key(name, kind), place)
        if first == place:
            continue
        both = f"{ch_names[first]!r} and {name!r}"
        if split_name(ch_names[first])[1].lower() != split_name(name)[1].lower():
            raise ValueError(
                f"expected distinct ch_names, got {both}, which are the same channel with "
                f"different references: leave one of them out; the channels are {list(ch_names)}"
            )
        raise ValueError(
            f"expected distinct ch_names, got {both}, which are the same channel, in "
            f"{list(ch_names)}"
        )
    return places


def different_references(ch_names: Sequence[str], others: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs of names that state one electrode with two different references.

    Examples
    --------
    >>> different_references(["C3-M2", "C4-M1"], ["C4:A1", "C3-AVG"])
    [('C3-M2', 'C3-AVG')]
    """
    known = {channel_key(name): name for name in others}
    pairs = [(name, known[key]) for name in ch_names if (key := channel_key(name)) in known]
    return [
        (one, other)
        for one, other in pairs
        if len({reference_key(one), reference_key(other)} - {""}) == 2
    ]


@functools.cache
def _spelling() -> dict[str, str]:
    """Return the names of the 10-05 system by their lower case, with ears and mastoids.

    They are built by rule, because MNE, which has them in a file, is slow to import. Some names,
    such as FT1, are no electrodes, but nothing else either.
    """
    places = [*(f"{n}{half}" for n in range(1, 11) for half in ("", "h")), "z"]
    names = ["Nz", *(f"{row}{place}" for row in _ROWS for place in places)]
    names += [f"{ear}{side}" for ear in "AM" for side in (1, 2)]
    return {name.lower(): name for name in names if name.lower() not in _OLD_NAMES}
