"""Checks of arguments, with error messages that name what was expected and what was given."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from numbers import Integral, Real


def positive_int(name: str, value: object, at_least: int = 1) -> int:
    """Return `value` as an int, or raise an error unless it is an integer >= `at_least`."""
    kind = "a positive integer" if at_least == 1 else f"an integer of at least {at_least}"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"expected {name} to be {kind}, got {value!r}")
    if value < at_least:
        raise ValueError(f"expected {name} to be {kind}, got {value!r}")
    return int(value)


def positive_ints(name: str, value: object, length: int, at_least: int = 1) -> tuple[int, ...]:
    """Return a tuple of `length` integers from a sequence, or from one integer repeated."""
    if not isinstance(value, (tuple, list)):
        return (positive_int(name, value, at_least),) * length
    if len(value) != length:
        raise ValueError(f"expected {name} to be an integer or {length} integers, got {value!r}")
    return tuple(positive_int(name, item, at_least) for item in value)


def number_between(
    name: str, value: object, low: float, high: float = math.inf, *, above: bool = False
) -> float:
    """Return `value` as a float, or raise an error unless it lies in the range.

    The range is [low, high], or (low, high] with `above`. NaN and infinity are always refused.
    """
    bounds = f"a number {'above' if above else 'of at least'} {low:g}"
    if low == -math.inf:
        bounds = "a number that is finite"
    if high < math.inf:
        bounds += f" and at most {high:g}"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"expected {name} to be {bounds}, got {value!r}")
    number = float(value)
    inside = low < number <= high if above else low <= number <= high
    if not (inside and math.isfinite(number)):
        raise ValueError(f"expected {name} to be {bounds}, got {value!r}")
    return number


def one_of(name: str, value: object, choices: tuple[str, ...]) -> str:
    """Return `value`, or raise an error unless it is one of `choices`."""
    if value not in choices or not isinstance(value, str):
        expected = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"expected {name} to be one of {expected}, got {value!r}")
    return value


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the end of an error message about an unknown name: a suggestion, or all known names.

    Examples
    --------
    >>> nearest("egnet", ["eegnet", "tinysleepnet"])
    "; did you mean 'eegnet'?"
    """
    spelt = {other.lower(): other for other in sorted(known)}
    close = difflib.get_close_matches(str(name).lower(), spelt, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {spelt[close[0]]!r}?"
    return f"; known are {', '.join(spelt.values())}"
