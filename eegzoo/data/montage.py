"""Where the electrodes of the 10-05 system are."""

from __future__ import annotations

import functools

import mne


@functools.cache  # a third of a second
def ten_five_montage() -> mne.channels.DigMontage:
    """Return MNE's template of the 10-05 system."""
    # MNE 1.13 renamed the template, and warns of the old name.
    renamed = "colin27_1005" in mne.channels.get_builtin_montages()
    return mne.channels.make_standard_montage("colin27_1005" if renamed else "standard_1005")
