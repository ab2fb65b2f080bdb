"""Units of windows by channel type."""

from __future__ import annotations

from collections.abc import Sequence

# Unit of windows, and its factor from MNE's unit.
_UNITS = {"mag": ("fT", 1e15), "grad": ("fT/cm", 1e13), "csd": ("mV/m2", 1e3)}


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
