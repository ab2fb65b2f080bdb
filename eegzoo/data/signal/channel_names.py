"""Channel names: matching of names for the same electrode, and EEG channels of a recording."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

# Names of the ten-twenty system before 1991.
_OLD_NAMES = {"t3": "t7", "t4": "t8", "t5": "p7", "t6": "p8"}


def channel_key(name: str) -> str:
    """Return the normalised form of a channel name, equal for names of the same electrode.

    Examples
    --------
    >>> [channel_key(name) for name in ("EEG Fpz-Cz", "Fc5.", "T3", "EEG P8-REF", "EEG-Fz")]
    ['fpz-cz', 'fc5', 't7', 'p8', 'fz']
    """
    key = re.sub(r"^eeg[ :_-]*", "", name.strip().lower())
    key = re.sub(r"-(ref|le)$", "", key.rstrip(" ."))
    return _OLD_NAMES.get(key, key)


def places_by_key(ch_names: Sequence[str]) -> dict[str, int]:
    """Return the index of each channel, by `channel_key` of its name.

    Raises
    ------
    ValueError
        If two names denote the same channel.
    """
    places: dict[str, int] = {}
    for place, name in enumerate(ch_names):
        first = places.setdefault(channel_key(name), place)
        if first != place:
            raise ValueError(
                f"expected distinct ch_names, got {ch_names[first]!r} and {name!r}, which are "
                f"the same channel, in {list(ch_names)}"
            )
    return places


def eeg_channels(inst: Any) -> list[str]:
    """Return the names of the EEG channels of a recording or epochs, including bad ones.

    Raises
    ------
    ValueError
        If there are no EEG channels.
    """
    types = inst.get_channel_types()
    names = [name for name, kind in zip(inst.ch_names, types, strict=True) if kind == "eeg"]
    if not names:
        raise ValueError(f"expected EEG channels, got channels of type {sorted(set(types))}")
    return names
