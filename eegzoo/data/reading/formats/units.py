"""Factors from units of voltage to volts."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import mne

_logger = logging.getLogger(__name__)

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


def correct_units(
    raw: mne.io.BaseRaw, units: Mapping[str, str], taken_for: Callable[[str], float], path: Path
) -> list[str]:
    """Bring channels to volts whose unit the reader of a file does not know, in place.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording. It is loaded if a channel is changed.
    units : mapping of str to str
        Unit of each channel in the file. Channels in units of no voltage are left alone.
    taken_for : callable
        Return the volts that the reader took a unit for.
    path : Path
        File, for the message.

    Returns
    -------
    list of str
        Channels that were changed.
    """
    factors: dict[float, list[str]] = {}
    for name, unit in units.items():
        try:
            factor = volts(unit) / taken_for(unit)
        except ValueError:
            continue
        if factor != 1 and name in raw.ch_names:
            factors.setdefault(factor, []).append(name)
    for factor, names in factors.items():
        raw.load_data(verbose="WARNING")
        raw.apply_function(lambda x, by=factor: x * by, picks=names, verbose="ERROR")
        found = sorted({units[name] for name in names})
        _logger.info("%s: %s is read as %g V", path, " and ".join(found), volts(found[0]))
    return [name for names in factors.values() for name in names]
