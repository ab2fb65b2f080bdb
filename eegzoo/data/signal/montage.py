"""Where the electrodes are, by MNE's templates."""

from __future__ import annotations

import functools

import mne

# Templates by names that older versions of MNE have too. MNE 1.13 renamed two and warns of the old
# names.
MONTAGES = {
    "standard_1005": "colin27_1005",
    "standard_1020": "colin27_1020",
    "biosemi16": "biosemi16",
    "biosemi32": "biosemi32",
    "biosemi64": "biosemi64",
    "biosemi128": "biosemi128",
}


@functools.cache  # the largest takes a third of a second
def named_montage(name: str = "standard_1005") -> mne.channels.DigMontage:
    """Return one of `MONTAGES`."""
    return mne.channels.make_standard_montage(builtin_name(name))


def builtin_name(name: str) -> str:
    """Return the name that the installed MNE has for one of `MONTAGES`."""
    renamed = MONTAGES[name]
    return renamed if renamed in mne.channels.get_builtin_montages() else name
