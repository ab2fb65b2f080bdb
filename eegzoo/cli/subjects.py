"""Option that tells which person each file was recorded from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

Subject = Annotated[
    list[str] | None,
    typer.Option(
        help="Subject of each --raw, in their order, or one pattern of the files' names, such as "
        "sub-{subject}_*. Files of one subject count as one person.",
        show_default="sub-{subject}_* where files are named as in BIDS, else each file",
    ),
]
_FIELD = "{subject}"
_BIDS = "sub-{subject}_*"


def subjects_of(paths: Sequence[Path], given: Sequence[str] | None) -> list[str | None]:
    """Return the subject of each file, None for files whose subject is not known.

    Parameters
    ----------
    paths : sequence of Path
        Files.
    given : sequence of str | None
        A name for each file, one name for all, or one pattern with "{subject}", in which "*" stands
        for any characters. A pattern with "/" is compared with the end of the path, others with
        the name. None: the pattern of BIDS, for files that match it.

    Raises
    ------
    ValueError
        If the number of names is not the number of files, or a file does not match the pattern.

    Examples
    --------
    >>> subjects_of([Path("s1_a.edf"), Path("s1_b.edf"), Path("s2_a.edf")], ["{subject}_*"])
    ['s1', 's1', 's2']
    >>> subjects_of([Path("sub-01_run-1_eeg.fif"), Path("night.edf")], None)
    ['01', None]
    """
    if not given:
        return [_match(_BIDS, path) for path in paths]
    if any(not name.strip() for name in given):
        raise ValueError(f"expected names for --subject, got {list(given)}")
    if len(given) == 1 and _FIELD in given[0]:
        names = [_match(given[0], path) for path in paths]
        for path, name in zip(paths, names, strict=True):
            if name is None:
                raise ValueError(
                    f"expected files whose names match --subject {given[0]}, got {path}"
                )
        return names
    if any("{" in name for name in given):
        raise ValueError(f"expected one pattern with {_FIELD} for --subject, got {list(given)}")
    if len(given) == 1:
        return [given[0]] * len(paths)
    if len(given) != len(paths):
        raise ValueError(
            f"expected one --subject for each of {len(paths)} files, one for all or a pattern, got "
            f"{len(given)}"
        )
    return list(given)


def _match(pattern: str, path: Path) -> str | None:
    """Return the part of a file's name that stands in the place of the subject."""
    before, _, after = pattern.partition(_FIELD)
    parts = [
        ".*".join(map(re.escape, text.replace(_FIELD, "*").split("*"))) for text in (before, after)
    ]
    # The subject ends at the next separator, unless the pattern goes on with something else.
    expression = f"{parts[0]}(?P<subject>[^/]+?){parts[1]}"
    text = path.as_posix() if "/" in pattern else path.name
    start = "(?:^|.*/)" if "/" in pattern else "^"
    found = re.match(f"{start}{expression}$", text)
    return found["subject"] if found else None
