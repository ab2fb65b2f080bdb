"""Short names of channels that can still be told apart."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from eegzoo.report.names import printable, shortened


def channel_labels(ch_names: Sequence[str], length: int = 14) -> list[str]:
    """Return a short name for each channel, all of them different.

    Of names that are too long, what all have in common at the beginning and at the end is left out,
    by whole words. Names that would still be the same get their numbers.

    Parameters
    ----------
    ch_names : sequence of str
        Names of all channels.
    length : int
        Number of characters of a label, apart from the number.

    Examples
    --------
    >>> channel_labels(["EEG left temporal grid 1-REF", "EEG left temporal grid 12-REF"])
    ['1', '12']
    >>> channel_labels(["C3", "Cz"])
    ['C3', 'Cz']
    >>> channel_labels(["my first electrode of all", "my next electrode of all"], 8)
    ['first', 'next']
    >>> channel_labels(["an electrode on the left", "a lectrode on the right", "an elec"], 8)
    ['an e…left', 'a le…ight', 'an elec']
    """
    names = [printable(name) for name in ch_names]
    if len(names) > 1 and max(map(len, names)) > length:
        words = [re.findall(r"\s+|\w+|[^\w\s]+", name) for name in names]
        n_first = _n_shared(words)
        n_last = _n_shared([one[n_first:][::-1] for one in words])
        kept = ["".join(one[n_first : len(one) - n_last]).strip() for one in words]
        names = kept if all(kept) else names
    labels = [shortened(name, length) for name in names]
    if len(set(labels)) < len(labels):
        labels = [f"{i + 1}: {label}" for i, label in enumerate(labels)]
    return labels


def _n_shared(lists: list[list[str]]) -> int:
    """Return the number of words that all lists begin with."""
    same = (len(set(words)) == 1 for words in zip(*lists, strict=False))
    return sum(itertools.takewhile(bool, same))
