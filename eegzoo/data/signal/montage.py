"""Electrode positions from MNE's template montages."""

from __future__ import annotations

import functools

import mne

# Names of the templates in all versions of MNE, and their current names: MNE 1.13 renamed two of
# them and warns about the old names.
MONTAGES = {
    "standard_1005": "colin27_1005",
    "standard_1020": "colin27_1020",
    "biosemi16": "biosemi16",
    "biosemi32": "biosemi32",
    "biosemi64": "biosemi64",
    "biosemi128": "biosemi128",
}


@functools.cache  # reading the largest template takes a third of a second
def named_montage(name: str = "standard_1005") -> mne.channels.DigMontage:
    """Return the template montage with a name from `MONTAGES`."""
    return mne.channels.make_standard_montage(builtin_name(name))


def builtin_name(name: str) -> str:
    """Return the name of one of `MONTAGES` in the installed version of MNE."""
    renamed = MONTAGES[name]
    return renamed if renamed in mne.channels.get_builtin_montages() else name
