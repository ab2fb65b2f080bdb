"""Factors from units of voltage to volts."""

from __future__ import annotations

import re

_VOLTS = {"v": 1.0, "mv": 1e-3, "uv": 1e-6, "nv": 1e-9}
_NAMES = {"microvolt": "uv", "millivolt": "mv", "volt": "v", "nanovolt": "nv"}


def volts(unit: str) -> float:
    """Return the volts in a unit.

    Raises
    ------
    ValueError
        If the unit is unknown.

    Examples
    --------
    >>> volts("µV"), volts("millivolts")
    (1e-06, 0.001)
    """
    key = re.sub("[\u00b5\u03bc]", "u", str(unit).strip().lower()).replace(" ", "")
    key = _NAMES.get(key.removesuffix("s"), key)
    if key not in _VOLTS:
        raise ValueError(f"expected unit to be V, mV, uV or nV, got {unit!r}")
    return _VOLTS[key]


def unit_in_title(title: str) -> tuple[str, str | None]:
    """Return a column's title without its unit, and the unit.

    Examples
    --------
    >>> unit_in_title("Fz (uV)"), unit_in_title("Cz")
    (('Fz', 'uV'), ('Cz', None))
    """
    found = re.fullmatch(r"(.*?)\s*[\[(]([^\])]*)[\])]\s*", title)
    if found is None:
        return title, None
    try:
        volts(found[2])
    except ValueError:
        return title, None
    return found[1], found[2]
