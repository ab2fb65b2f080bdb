"""Clock time at which an EDF or BDF file starts, which MNE's reader of annotations leaves out."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

_FIELD = re.compile(r"(\d\d)[.:/-](\d\d)[.:/-](\d\d)")
_CLIPPING = 85  # two digits of a year: from 1985 to 2084
# What the EDF+ specification writes in place of a date that must not be known.
ANONYMOUS = datetime.date(1985, 1, 1)
# EDF+ writes the fraction of the second at which a file starts into its first record.
_FIRST_RECORD = re.compile(rb"\+0?(\.\d+)\x14\x14\x00")
_RECORD_BYTES = 1 << 16


def edf_start(path: Path) -> datetime.datetime | None:
    """Return the start of an EDF or BDF file.

    Parameters
    ----------
    path : Path
        File, of any format.

    Returns
    -------
    datetime | None
        Start by the clock on the wall, labelled UTC as MNE labels ``meas_date``. None: the file is
        of another format, or neither date nor time is known.

    References
    ----------
    Kemp and Olivan (2003). European data format 'plus' (EDF+), an EDF alike standard format for the
    exchange of physiological data. Clin. Neurophysiol. 114.
    https://doi.org/10.1016/S1388-2457(03)00123-8
    """
    with path.open("rb") as file:
        header = file.read(184)
        fraction = _FIRST_RECORD.search(file.read(_RECORD_BYTES))
    if not (header.startswith((b"0       ", b"\xffBIOSEMI"))):
        return None
    text = header[168:].decode("latin-1")
    date, time = _FIELD.fullmatch(text[:8]), _FIELD.fullmatch(text[8:])
    if date is None or time is None:
        return None
    day, month, year = (int(part) for part in date.groups())
    hour, minute, second = (int(part) for part in time.groups())
    try:
        start = datetime.datetime.combine(
            datetime.date(year + (1900 if year >= _CLIPPING else 2000), month, day),
            datetime.time(hour, minute, second),
            datetime.UTC,
        )
        if fraction is not None:
            start += datetime.timedelta(seconds=float(fraction[1]))
    except ValueError:
        return None
    return None if is_unknown(start) else start


def is_unknown(start: datetime.datetime) -> bool:
    """Return whether a start is the placeholder of files without date and time."""
    return start.date() == ANONYMOUS and start.time().replace(microsecond=0) == datetime.time()
