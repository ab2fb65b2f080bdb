"""Channel names: which of them mean the same electrode."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Names of the ten-twenty system before 1991.
_OLD_NAMES = {"t3": "t7", "t4": "t8", "t5": "p7", "t6": "p8"}


def channel_key(name: str) -> str:
    """Return a channel's name as it is compared.

    Examples
    --------
    >>> [channel_key(name) for name in ("EEG Fpz-Cz", "Fc5.", "T3", "EEG P8-REF", "EEG-Fz")]
    ['fpz-cz', 'fc5', 't7', 'p8', 'fz']
    """
    key = re.sub(r"^eeg[ :_-]*", "", name.strip().lower())
    key = re.sub(r"-(ref|le)$", "", key.rstrip(" ."))
    return _OLD_NAMES.get(key, key)


def places_by_key(ch_names: Sequence[str]) -> dict[str, int]:
    """Return where each channel stands, by the key of its name.

    Raises
    ------
    ValueError
        If two names are those of one channel.
    """
    places: dict[str, int] = {}
    for place, name in enumerate(ch_names):
        first = places.setdefault(channel_key(name), place)
        if first != place:
            raise ValueError(
                f"expected ch_names that differ, got {ch_names[first]!r} and {name!r}, which are "
                f"the same channel, in {list(ch_names)}"
            )
    return places
