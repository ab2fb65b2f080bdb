"""Scorings without times, one stage after the other, fitted to the length of a recording."""

from __future__ import annotations

import warnings

from eegzoo.data.reading.label_files.label_rows import LabelRows

EPOCH_SECONDS = 30.0
_OTHERS = (20.0, 10.0, 5.0)  # R&K's other epoch, and steps of programs that write more often


def fitted_to(labels: LabelRows, seconds: float, where: str) -> LabelRows:
    """Return labels without times that fit the length of a recording.

    Where the file does not tell how long an epoch lasts, it is 30 s, or the one of 20, 10 and 5 s
    that fills the recording when 30 s do not.

    Parameters
    ----------
    labels : LabelRows
        Labels that follow each other from the start of the recording.
    seconds : float
        Length of the recording in seconds.
    where : str
        Name of the file.

    Raises
    ------
    ValueError
        If the epochs are longer than the recording by more than one of them: it is then not known
        which epoch the recording starts in.

    Warns
    -----
    RuntimeWarning
        If an epoch is not of 30 s, or the epochs end more than one before the recording.
    """
    n_epochs, length = len(labels.rows), labels.rows[0][1]
    if not labels.has_length and not _fills(n_epochs, length, seconds):
        found = next((other for other in _OTHERS if _fills(n_epochs, other, seconds)), None)
        if found is not None:
            warnings.warn(
                f"{n_epochs} stages in {where} are taken for epochs of {found:g} s, which fill the "
                f"recording of {seconds:g} s; epoch_seconds sets another length",
                RuntimeWarning,
                stacklevel=3,
            )
            return labels.with_length(found)
    if n_epochs * length - seconds > length:
        raise ValueError(
            f"expected stages for {seconds:g} s of recording in {where}, got {n_epochs} of "
            f"{length:g} s, without times that tell in which of them the recording starts"
        )
    if not _fills(n_epochs, length, seconds):
        warnings.warn(
            f"{n_epochs} stages of {length:g} s in {where} are {n_epochs * length:g} s, and the "
            f"recording is {seconds:g} s: they are counted from its start, and its end is not "
            "scored",
            RuntimeWarning,
            stacklevel=3,
        )
    return labels


def _fills(n_epochs: int, length: float, seconds: float) -> bool:
    """Return whether epochs end within one of them of the end of a recording."""
    return abs(n_epochs * length - seconds) <= length
