"""Times of a night, such as lights-off, given in seconds or by the clock."""

from __future__ import annotations

import datetime
import re
from typing import TypeAlias

import mne

from eegzoo.arguments import number_between

Time: TypeAlias = float | str | datetime.datetime | None

_SECONDS = re.compile(r"\d+(\.\d*)?")


def recording_start(raw: mne.io.BaseRaw) -> datetime.datetime | None:
    """Return the time of the first sample of a recording, or None if it has no date."""
    start: datetime.datetime | None = raw.info["meas_date"]
    return None if start is None else start + datetime.timedelta(seconds=float(raw.first_time))


def seconds_from_start(
    name: str, time: Time, start: datetime.datetime | None, seconds: float
) -> float | None:
    """Return a time in seconds from the start of a recording.

    Parameters
    ----------
    name : str
        Name of the argument, for messages.
    time : float | str | datetime.datetime | None
        Seconds from the start; or a clock time such as "23:10" or "23:10:30", in the time zone of
        `start`; or a date with a time, as an ISO string or a datetime. None: no time.
    start : datetime.datetime | None
        Start of the recording. None: unknown, so that the time must be in seconds.
    seconds : float
        Duration of the recording.

    Returns
    -------
    float | None
        Seconds, from 0 to the duration of the recording.

    Raises
    ------
    ValueError
        If the time cannot be read or is outside the recording, or the recording has no date.

    Examples
    --------
    >>> import datetime
    >>> start = datetime.datetime(2024, 3, 9, 22, 47, 30, tzinfo=datetime.timezone.utc)
    >>> seconds_from_start("lights_off", "23:00", start, 8 * 3600)
    750.0
    >>> seconds_from_start("lights_on", "06:00", start, 8 * 3600)
    25950.0
    """
    if isinstance(time, str) and _SECONDS.fullmatch(time.strip()):
        time = float(time)
    if time is None:
        return None
    if not isinstance(time, (str, datetime.datetime)):
        return number_between(name, time, 0.0, seconds)
    if start is None:
        raise ValueError(
            f"expected {name} in seconds, because the recording has no date, got {time!r}"
        )
    found = _since(name, time, start)
    if not 0 <= found <= seconds:
        end = start + datetime.timedelta(seconds=seconds)
        raise ValueError(
            f"expected {name} within the recording, {start:%Y-%m-%d %H:%M:%S} to {end:%H:%M:%S}, "
            f"got {time}"
        )
    return found


def _since(name: str, time: str | datetime.datetime, start: datetime.datetime) -> float:
    """Return the seconds from a start to a time; a clock time is the first one after it."""
    if isinstance(time, datetime.datetime):
        return (_in_zone(time, start) - start).total_seconds()
    try:
        clock = datetime.time.fromisoformat(time.strip())
    except ValueError:
        try:
            moment = datetime.datetime.fromisoformat(time.strip())
        except ValueError:
            raise ValueError(
                f"expected {name} to be a clock time such as 23:10 or seconds, got {time!r}"
            ) from None
        return (_in_zone(moment, start) - start).total_seconds()
    found = (datetime.datetime.combine(start, clock, start.tzinfo) - start).total_seconds()
    return found % (24 * 3600)


def _in_zone(time: datetime.datetime, start: datetime.datetime) -> datetime.datetime:
    """Return a time with a time zone: that of the recording if it has none."""
    return time if time.tzinfo is not None else time.replace(tzinfo=start.tzinfo)
