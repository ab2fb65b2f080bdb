"""Which page of the documentation explains an error."""

from __future__ import annotations

import re

# Words of the errors that a page explains, the most specific pages first. A page is named by its
# path in the repository, where it can be read, until the documentation has an address.
PAGES = (
    (r"pip install|is required to|not installed", "docs/installation.md"),
    (
        r"window store|--store|a path, or a URL|URL (of|with)|object storage|credentials|://|"
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
