"""Which option solves an error, and which page of the documentation explains it."""

from __future__ import annotations

import re
from collections.abc import Collection

# Words of the errors that a page explains, the most specific pages first. A page is named by its
# path in the repository, where it can be read, until the documentation has an address.
PAGES = (
    (r"pip install|is required to|not installed", "docs/installation.md"),
    (
        r"window store|--store|storage[-_]option|a path, or a URL|URL (of|with)|object storage|credentials|://|"
        r"\bcache\b|was altered",
        "docs/stores.md",
    ),
    (r"\bscor(ings?|ers?)\b", "docs/scorings.md"),
    (
        r"hypnogram|stages?\b|derivation|lights[-_ ]o(ff|n)|night|channels to be \d+ for",
        "docs/sleep.md",
    ),
    (r"\blsl\b|brainflow|stream(ing)?\b|amplifier|outlet", "docs/online.md"),
    (
        r"microvolts|amplitudes?\b|another unit|\bunits?\b|channels?\b|electrodes?|--rename|"
        r"--exclude|--bads",
        "docs/channels.md",
    ),
    (
        r"labels of the model|labels .* not trained on|\bevents?\b|event[-_ ]id|annotations?\b|"
        r"--stim|codes?\b of|--window|--stride",
        "docs/events.md",
    ),
    (
        r"--align|--adapt|--calibrate|pseudo-labels|new (person|people)|windows of (a|one) person|"
        r"leakage|both sides",
        "docs/new_person.md",
    ),
    (
        r"recordings?\b|reader[-_ ]option|truncated|header|file of epochs|cannot be read|"
        r"no such file|unsupported|MATLAB",
        "docs/recordings.md",
    ),
)

# Options that solve what an error says, for the commands that have them.
WAYS_OUT = (
    (
        r"^channels .* missing, got",
        "--missing",
        "--missing interpolate makes them from their neighbours",
    ),
    (r"^expected sfreq of [\d.]+ Hz, got", "--resample", "--resample changes the rate"),
)

# Names of files and quoted values, which say nothing about the kind of error.
_NAMES = re.compile(r"\S+\.\w{2,12}\b|'[^']*'")


def page_for(reason: str) -> str | None:
    """Return the page that explains an error, or None if no page does.

    Examples
    --------
    >>> page_for("expected channels C3, Cz, got C3; missing Cz")
    'docs/channels.md'
    >>> page_for("unknown model 'eegnt'; did you mean 'eegnet'?") is None
    True
    """
    told = _NAMES.sub("", reason)
    for words, page in PAGES:
        if re.search(words, told, re.IGNORECASE):
            return page
    return None


def way_out(reason: str, options: Collection[str]) -> str | None:
    """Return what to type to solve an error, or None if none of the options does.

    Parameters
    ----------
    reason : str
        Message of the error.
    options : collection of str
        Options of the command.

    Examples
    --------
    >>> way_out("expected sfreq of 160 Hz, got 100 Hz", ["--out", "--resample"])
    '--resample changes the rate'
    >>> way_out("expected sfreq of 160 Hz, got 100 Hz", ["--out"]) is None
    True
    """
    for words, option, solution in WAYS_OUT:
        if option in options and re.search(words, reason):
            return solution
    return None
