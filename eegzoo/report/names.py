"""Names from recordings, as figures and pages show them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence


def printable(text: object) -> str:
    r"""Return text as one line without control characters.

    Characters that reverse the direction of writing are left out as well: they could show a name
    that is not the one in the recording.

    Examples
    --------
    >>> printable("left\nhand\x00")
    'left hand'
    """
    kept = [
        " " if character.isspace() else character
        for character in str(text)
        if character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
    ]
    return " ".join("".join(kept).split())


def shortened(text: object, length: int = 24) -> str:
    """Return text of at most `length` characters, whose beginning and end are kept.

    Examples
    --------
    >>> shortened("EEG frontal left electrode 17-REF", 16)
    'EEG fron…e 17-REF'
    """
    text = printable(text)
    if len(text) <= length + 1:
        return text
    half = length // 2
    return f"{text[:half]}…{text[-(length - half) :]}"


def short_names(names: Sequence[object], length: int = 24) -> list[str]:
    """Return names of at most about `length` characters that differ where the names do.

    What all names begin and end with is left out where shortened names would be the same.

    Examples
    --------
    >>> short_names([f"EEG electrode {number} of the cap" for number in (16, 17)], 12)
    ['…16…', '…17…']
    """
    whole = [printable(name) for name in names]
    short = [shortened(name, length) for name in whole]
    if len(set(short)) == len(set(whole)):
        return short
    start = _shared(whole)
    end = _shared([name[start:][::-1] for name in whole])
    cores = [name[start : len(name) - end] for name in whole]
    marked = ("…" if start else "", "…" if end else "")
    return [f"{marked[0]}{shortened(core, length)}{marked[1]}" for core in cores]


def _shared(names: Sequence[str]) -> int:
    """Return how many characters all names begin with; a number is not divided."""
    pairs = enumerate(zip(*names, strict=False))
    length = next((n for n, each in pairs if len(set(each)) > 1), min(map(len, names)))
    while length and names[0][length - 1].isdigit():
        length -= 1
    return length


def without_folders(names: Sequence[object]) -> dict[str, str]:
    """Return a short name for each name of a subject or recording, without folders of a disk.

    The subject of a file that was given by its path is its path. A report that is sent to others
    shows the name of the file alone; files of one name are numbered.

    Parameters
    ----------
    names : sequence
        Names, which can occur several times.

    Examples
    --------
    >>> without_folders(["/home/ann/a.edf", "/home/ben/a.edf", "eegbci/S001"])
    {'/home/ann/a.edf': 'a.edf (1)', '/home/ben/a.edf': 'a.edf (2)', 'eegbci/S001': 'eegbci/S001'}
    """
    known = list(dict.fromkeys(map(str, names)))
    short = {name: _file_name(name) for name in known}
    counts: dict[str, int] = {}
    shown = {}
    for name, own in short.items():
        if list(short.values()).count(own) > 1:
            counts[own] = counts.get(own, 0) + 1
            own = f"{own} ({counts[own]})"
        shown[name] = own
    return shown


# A path of a disk: from the root, a drive or the home or the folder above, or of a file.
_FOLDERS = re.compile(r"(?:[A-Za-z]:)?(?:~|\.{1,2})?[\\/](?:[^\\/:\"'<>|\n]*[\\/])*")
_FILE = re.compile(r"[\w)\]-]\.[A-Za-z][A-Za-z0-9]{1,4}(?:\.gz)?(?=$|/)")


def _file_name(name: str) -> str:
    """Return the name of a file by its path, with what follows it; other names unchanged."""
    slashed = name.replace("\\", "/")
    found = list(_FILE.finditer(slashed))
    if found:  # "folder/a.edf/1/1": the recording of a subject that is a path
        end = found[0].end()
        head, tail = slashed[:end], slashed[end:]
        return printable(head.rpartition("/")[2] + tail)
    if _FOLDERS.match(name) or re.match(r"[A-Za-z]:", name):
        return printable(slashed.rstrip("/").rpartition("/")[2])
    return printable(name)
