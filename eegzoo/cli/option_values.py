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


def pairs(option: str, given: Sequence[str] | None) -> dict[str, str]:
    """Return the values of an option that is given as KEY=VALUE, by their keys.

    Raises
    ------
    ValueError
        If an option has no value, or a key is given twice.

    Examples
    --------
    >>> pairs("--storage-option", ["region=eu-west-1", "allow-http=true"])
    {'region': 'eu-west-1', 'allow_http': 'true'}
    """
    found: dict[str, str] = {}
    for pair in given or ():
        key, equals, value = pair.partition("=")
        key = key.strip().replace("-", "_")
        if not (key and equals and value):
            raise ValueError(f"expected KEY=VALUE for {option}, got {pair!r}")
        if key in found:
            raise ValueError(f"expected different keys for {option}, got {key!r} twice")
        found[key] = value
    return found
