"""BrainVision files, with every spelling of microvolts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import mne

from eegzoo.data.reading.formats.units import correct_units

# Units as MNE 1.13.2 reads them; in others, such as a microvolt with the Greek letter, it takes the
# numbers for volts, and the channel for no EEG.
_KNOWN = ("V", "mV", "\u00b5V", "uV", "nV", "")


def read_brainvision(path: Path, **options: Any) -> mne.io.BaseRaw:
    """Read a BrainVision recording.

    Parameters
    ----------
    path : Path
        Header, ``.vhdr`` or ``.ahdr``.
    **options
        Arguments of `mne.io.read_raw_brainvision`.

    Returns
    -------
    mne.io.Raw
        Recording in volts. It is read on demand unless MNE does not know the unit of a voltage.
    """
    raw = mne.io.read_raw_brainvision(path, **options)
    if "overrides" in options or "scale" in options:
        return raw
    changed = correct_brainvision(raw, path)
    if changed and options.get("misc", "auto") == "auto":
        raw.set_channel_types(dict.fromkeys(changed, "eeg"), on_unit_change="ignore")
    return raw


def correct_brainvision(raw: mne.io.BaseRaw, path: Path) -> list[str]:
    """Bring channels of a BrainVision file to volts whose unit MNE does not know, in place.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording, with its channels in the order of the file.
    path : Path
        Header.

    Returns
    -------
    list of str
        Channels that were changed.
    """
    units = dict(zip(raw.ch_names, _units(path), strict=False))
    stated = {name: unit for name, unit in units.items() if unit not in _KNOWN}
    return correct_units(raw, stated, lambda unit: 1.0, path)


def _units(path: Path) -> list[str]:
    """Return the unit of each channel in a header."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    text = text.partition("[Channel Infos]")[2].partition("\n[")[0]
    rows = re.findall(r"^Ch(\d+)=(.*)$", text, re.MULTILINE | re.IGNORECASE)
    fields = {int(number): row.strip().split(",") for number, row in rows}
    return [fields[number][3] if len(fields[number]) > 3 else "" for number in sorted(fields)]
