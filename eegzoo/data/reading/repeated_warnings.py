"""Warnings that a reader repeats for each channel, event or block."""

from __future__ import annotations

import re
from collections.abc import Iterable

_VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|-?\d+(?:\.\d+)?")


def counted(messages: Iterable[str]) -> list[str]:
    """Return one message of each kind, with the number of the others.

    Messages are of a kind if they differ in numbers and quoted names only.

    Examples
    --------
    >>> counted(["event 3 is late", "unit unknown", "event 9 is late", "event 3 is late"])
    ['event 3 is late (and 1 more such warning)', 'unit unknown']
    """
    kinds: dict[str, list[str]] = {}
    for message in dict.fromkeys(messages):
        kinds.setdefault(_VARYING.sub("#", message), []).append(message)
    found = []
    for first, *others in kinds.values():
        plural = "s" if len(others) > 1 else ""
        end = f" (and {len(others)} more such warning{plural})" if others else ""
        found.append(first + end)
    return found
