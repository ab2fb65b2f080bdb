"""Options of the command line that accept several values."""

from __future__ import annotations

from collections.abc import Sequence


def split(option: str, values: Sequence[str] | None) -> list[str]:
    """Return the items of an option that accepts commas, repetition or both.

    Raises
    ------
    ValueError
        If the option is given without items.
    """
    items = [item.strip() for value in values or () for item in value.split(",") if item.strip()]
    if values and not items:
        raise ValueError(f"expected values for {option}, got {','.join(values)!r}")
    return items
