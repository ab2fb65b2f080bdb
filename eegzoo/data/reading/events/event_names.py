"""Names of events: how they are quoted, and which a pattern means."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any


def quoted(name: str) -> str:
    """Return a name as ``--event-id`` takes it, quoted where it has to be.

    Examples
    --------
    >>> print(quoted("press, left"), quoted("Stimulus/S  1"), quoted("left"))
    "press, left" "Stimulus/S  1" left
    """
    if re.fullmatch(r"[^\s,=\"']+", name):
        return name
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str]) -> str:
    """Return names separated by commas, as ``--event-id`` takes them."""
    return ", ".join(quoted(name) for name in names)


def split_quoted(text: str, separator: str = ",") -> list[str]:
    """Split a text at separators outside double quotes; the quotes stay.

    Raises
    ------
    ValueError
        If a quote is not closed.

    Examples
    --------
    >>> split_quoted('left="press, left",right=R')
    ['left="press, left"', 'right=R']
    """
    if text.count('"') % 2:
        raise ValueError(f'expected quotes in pairs, got {text!r}; write " within a name as ""')
    parts = [""]
    inside = False
    for character in text:
        if character == '"':
            inside = not inside
        if character == separator and not inside:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def unquoted(text: str) -> str:
    """Return a name without the quotes around it."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"')
    return text


def matching_names(pattern: str, names: Collection[str], classes: Collection[str]) -> list[str]:
    """Return the names of events that a pattern means.

    Parameters
    ----------
    pattern : str
        A name; or a name with the wildcards ``*`` and ``?``; or one or more of MNE's hierarchical
        tags: ``left`` is every event with that tag, such as ``left/hit``.
    names : collection of str
        Names of all events. A pattern that equals one of them means it alone.
    classes : collection of str
        Names that wildcards and tags can match.

    Examples
    --------
    >>> names = ["left/hit", "left/miss", "right/hit"]
    >>> matching_names("left", names, names), matching_names("*/hit", names, names)
    (['left/hit', 'left/miss'], ['left/hit', 'right/hit'])
    """
    if pattern in names:
        return [pattern]
    if "*" in pattern or "?" in pattern:
        regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
        return [name for name in classes if re.fullmatch(regex, name)]
    tags = set(pattern.split("/"))
    return [name for name in classes if tags <= set(name.split("/"))]


def resolve(
    event_id: Mapping[str, Any], names: Collection[str], classes: Collection[str]
) -> dict[str, list[str]]:
    """Return the names of the events of each label.

    Parameters
    ----------
    event_id : mapping of str to str | int | sequence of str | int
        Patterns of each label, as in `matching_names`; numbers are codes of a stim channel.
        Successive texts are also tried joined by commas, for names that contain commas.
    names, classes : collection of str
        As in `matching_names`.

    Raises
    ------
    ValueError
        If a pattern means no event. The message names all of these patterns, and the events.
    """
    found: dict[str, list[str]] = {}
    missing: list[str] = []
    for label, patterns in event_id.items():
        texts = texts_of(patterns)
        if not texts:
            missing.append(label)
        found[label] = []
        while texts:
            used, matches = _first(texts, names, classes)
            if not matches:
                missing.append(texts[0])
            found[label] += [name for name in matches if name not in found[label]]
            texts = texts[used:]
    if missing:
        raise ValueError(f"expected events {listed(missing)}, got events {listed(classes)}")
    return found


def texts_of(patterns: Any) -> list[str]:
    """Return the patterns of a label, of which there may be one alone, as texts.

    Examples
    --------
    >>> texts_of("left"), texts_of(1), texts_of(["left/hit", 7])
    (['left'], ['1'], ['left/hit', '7'])
    """
    if isinstance(patterns, str) or not isinstance(patterns, Iterable):
        patterns = [patterns]
    return [str(pattern) for pattern in patterns]


def _first(
    texts: list[str], names: Collection[str], classes: Collection[str]
) -> tuple[int, list[str]]:
    """Return how many texts form the first pattern, and the names that it means."""
    for n_texts in range(len(texts), 1, -1):
        joined = ",".join(texts[:n_texts]).strip()
        if joined in names:
            return n_texts, [joined]
    exact = texts[0] if texts[0] in names else unquoted(texts[0])
    return 1, matching_names(exact, names, classes)
