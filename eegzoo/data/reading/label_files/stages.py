"""Spellings of sleep stages, as EDF+ writes them; and the AASM's stages for R&K's."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LETTERS = {
    **dict.fromkeys(("w", "wake", "wakefulness", "awake"), "W"),
    **dict.fromkeys(("r", "rem", "stage r", "rem sleep", "sleep stage r"), "R"),
    **dict.fromkeys(
        ("?", "u", "l", "a", "uns", "unscored", "art", "artefact", "artifact", "n/a", "na", ""),
        "?",
    ),
    **dict.fromkeys(("m", "mt", "movement", "movement time"), "?"),
}
# Rechtschaffen & Kales' and Profusion's numbers: 4 is the fourth stage, 5 REM, 6 movement.
_NUMBERS = {"0": "W", "1": "1", "2": "2", "3": "3", "4": "4", "5": "R"}
_NOT_SCORED = {"6", "7", "8", "9", "-1", "-2"}

AASM_STAGES = ("W", "N1", "N2", "N3", "R")
NOT_SCORED = "?"
# The AASM joined stages 3 and 4 of Rechtschaffen and Kales, and dropped movement time.
_AASM = {"W": "W", "1": "N1", "2": "N2", "3": "N3", "4": "N3", "R": "R", "?": "?"}


def stage_of(text: str) -> str | None:
    """Return the description of a sleep stage as in EDF+, or None if the text is no stage.

    Examples
    --------
    >>> [stage_of(text) for text in ("W", "N2", "Stage 3 sleep", "5", "9")]
    ['Sleep stage W', 'Sleep stage 2', 'Sleep stage 3', 'Sleep stage R', 'Sleep stage ?']
    """
    key = text.strip().lower()
    key = re.sub(r"^(sleep[ _-]*)?(stage[ _-]*)?(?=.)", "", key) if key not in _LETTERS else key
    key = re.sub(r"[ _-]*sleep$", "", key)
    if key in _NOT_SCORED:
        return "Sleep stage ?"
    stage = _LETTERS.get(key) or _NUMBERS.get(re.sub(r"^(nrem|n|s)[ _-]*(?=[1-4]$)", "", key))
    return f"Sleep stage {stage}" if stage else None


def aasm_stage(text: str) -> str | None:
    """Return the AASM's stage for any spelling of a stage, also of Rechtschaffen and Kales.

    Stages 3 and 4 are N3. Movement, artefacts and what nobody scored are "?".

    Parameters
    ----------
    text : str
        Description of an annotation, or a stage in a file.

    Returns
    -------
    str | None
        "W", "N1", "N2", "N3", "R" or "?"; None if the text is no stage.

    References
    ----------
    Rechtschaffen & Kales (1968). A manual of standardized terminology, techniques and scoring
    system for sleep stages of human subjects.

    Iber, Ancoli-Israel, Chesson & Quan (2007). The AASM Manual for the Scoring of Sleep and
    Associated Events. American Academy of Sleep Medicine.

    Examples
    --------
    >>> [aasm_stage(text) for text in ("Sleep stage 4", "REM", "Movement time", "S1", "left")]
    ['N3', 'R', '?', 'N1', None]
    """
    stage = stage_of(text)
    return None if stage is None else _AASM[stage.removeprefix("Sleep stage ")]


def stages_of(texts: Iterable[str], where: str) -> list[str]:
    """Return the descriptions of a list of sleep stages.

    Raises
    ------
    ValueError
        If a text is no stage; or if all are numbers and 4 occurs without 5, because 4 is then REM
        for some programs, such as YASA, and the fourth stage for others.
    """
    texts = [text.strip() for text in texts]
    numeric = {text for text in texts if re.fullmatch(r"-?\d+", text)}
    if len(numeric) == len(set(texts)) and "4" in numeric and "5" not in numeric:
        raise ValueError(
            f"expected sleep stages as letters in {where}, got numbers in which 4 may be REM or "
            "stage 4; write W, N1, N2, N3, N4 and R"
        )
    found = []
    for text in texts:
        stage = stage_of(text)
        if stage is None:
            raise ValueError(f"expected sleep stages in {where}, got {text!r}")
        found.append(stage)
    return found
