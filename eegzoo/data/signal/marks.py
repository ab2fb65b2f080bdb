"""Descriptions of annotations that mark something other than a class."""

from __future__ import annotations

import re

# A whole word: MNE's rule, any name that begins so, would take "badge" and "edges" for marks.
_REJECTED = re.compile(r"([Cc]omment/)?(BAD(?![A-Z])|[Bb]ad(?![a-z]))")
_PAUSES = re.compile(
    r"new segment(/.*)?|(edge[ _]|bad[ _])?boundary|-99|bad_acq_skip|bad_gap|edge|edge[ _].*"
    r"|rec(ording)? ?(start|resume|stop|end|pause)\b.*",
    re.IGNORECASE,
)
_UNSCORED = re.compile(r"sleep stage \?|movement time|unscored", re.IGNORECASE)
# Clock times, dates and EDF's time-keeping, written as text by some amplifiers.
_TIME_STAMPS = re.compile(
    r"[+-]?\d+(\.\d*)?\x14*|(\d{2,4}[-./]\d{1,2}[-./]\d{2,4}[ T]*)?\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?"
)
# Words that are conditions as often as marks.
AMBIGUOUS = frozenset({"bad", "edge"})


def is_rejected(description: str) -> bool:
    """Return whether an annotation marks a stretch that must not be used.

    Examples
    --------
    >>> [is_rejected(text) for text in ("BAD_blink", "Comment/BAD_move", "bad", "badge", "good")]
    [True, True, True, False, False]
    """
    return _REJECTED.match(description) is not None


def is_pause(description: str) -> bool:
    """Return whether an annotation marks a pause of the recording.

    Examples
    --------
    >>> [is_pause(text) for text in ("New Segment/", "boundary", "REC START", "edges")]
    [True, True, True, False]
    """
    return _PAUSES.fullmatch(description.strip()) is not None


def reason_left_out(description: str, is_code: bool = False) -> str | None:
    """Return why an event is no class unless it is asked for by name, or None if it is a class.

    Parameters
    ----------
    description : str
        Description of the annotation, or code of the stim channel.
    is_code : bool
        Whether it is a code of a stim channel. Codes are numbers and mark nothing else.

    Examples
    --------
    >>> reason_left_out("New Segment/"), reason_left_out("BAD_blink"), reason_left_out("left")
    ('marks a pause', 'marks a stretch as bad', None)
    """
    if is_code:
        return None
    if is_pause(description):
        return "marks a pause"
    if is_rejected(description):
        return "marks a stretch as bad"
    if _UNSCORED.fullmatch(description.strip()):
        return "is not scored"
    if _TIME_STAMPS.fullmatch(description.strip()) and not description.strip().isdigit():
        return "is a time stamp"
    return None
