"""Clock times of labels, such as 22:31:30, as seconds from the start of a recording."""

from __future__ import annotations

import datetime
import re

_CLOCK = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d+))?( ?[AP]M)?", re.IGNORECASE)
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}[ T].+")
_DAY = 24 * 3600.0


def is_clock_time(text: str) -> bool:
    """Return whether a text is a clock time or an ISO date with one.

    Examples
    --------
    >>> [is_clock_time(text) for text in ("22:31:30", "2020-01-01 22:31:30", "30.0")]
    [True, True, False]
    """
    return bool(_CLOCK.fullmatch(text.strip()) or _DATED.fullmatch(text.strip()))


def seconds_from(start: datetime.datetime, text: str, near: float = 0.0) -> float:
    """Return the seconds from the start of a recording to a clock time.

    Parameters
    ----------
    start : datetime
        Start of the recording. Its zone is not looked at: recorders write the clock on the wall.
    text : str
        Time such as "22:31:30" or "10:31:30 PM", or an ISO date and time.
    near : float
        Seconds from the start, such as the label before. Of a time without a date, the day is the
        one that brings it within twelve hours of it.

    Raises
    ------
    ValueError
        If the text is no such time.

    Examples
    --------
    >>> evening = datetime.datetime(2020, 1, 1, 23, 0, 0)
    >>> [seconds_from(evening, text) for text in ("23:00:30", "00:01:00", "22:59:00")]
    [30.0, 3660.0, -60.0]
    """
    text, local = text.strip(), start.replace(tzinfo=None)
    if _DATED.fullmatch(text):
        given = datetime.datetime.fromisoformat(text.replace(",", ".")).replace(tzinfo=None)
        return (given - local).total_seconds()
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(f"expected a clock time such as 22:31:30, got {text!r}")
    hours, minutes, seconds = (int(found[place]) for place in (1, 2, 3))
    if found[5]:
        hours = hours % 12 + 12 * found[5].strip().lower().startswith("p")
    if hours > 24 or minutes > 59 or seconds > 59:
        raise ValueError(f"expected a clock time such as 22:31:30, got {text!r}")
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    of_day = 3600.0 * hours + 60.0 * minutes + seconds + float(f"0.{found[4] or 0}")
    late = of_day - (local - midnight).total_seconds()
    return near + (late - near + _DAY / 2) % _DAY - _DAY / 2
