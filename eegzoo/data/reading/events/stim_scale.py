"""Trigger channels of EDF and BDF files whose codes were rescaled when they were exported."""

from __future__ import annotations

from pathlib import Path

import mne
import numpy as np
import numpy.typing as npt

_WIDTHS = (16, 80, 8, 8, 8, 8, 8)  # of the header's fields up to the digital maximum


def check_scale(raw: mne.io.BaseRaw, name: str, codes: npt.NDArray[np.int64]) -> str | None:
    """Describe how the codes of a trigger channel were rescaled, or return None.

    MNE cuts the values of a trigger channel in EDF down to whole numbers: 1, 2 and 3, exported
    with a scale, come back as 1, 1 and 3. In BDF it takes the stored integers themselves.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording.
    name : str
        Name of the stim channel.
    codes : array of int, shape (n_times,)
        Codes that MNE read.
    """
    files = [Path(file) for file in raw.filenames if file is not None]
    if not files or files[0].suffix.lower() not in (".edf", ".bdf") or not codes.any():
        return None
    scale = _scale(files[0], name)
    if scale is None:
        return None
    gain, offset = scale
    if abs(gain - 1) < 1e-9 and abs(offset - round(offset)) < 1e-9:
        return None
    if files[0].suffix.lower() == ".bdf" and name.strip().lower() == "status":
        changing = np.bitwise_or.reduce(codes) ^ np.bitwise_and.reduce(codes)
        if changing < 1 << 16:
            return None  # BioSemi writes a physical range that is not the digital one
    shown = ", ".join(str(code) for code in np.unique(codes[codes != 0]).tolist()[:8])
    return (
        f"the codes of channel {name} were rescaled by {gain:.6g} when {files[0].name} was written "
        f"and are not those that were sent; read: {shown}"
    )


def _scale(path: Path, name: str) -> tuple[float, float] | None:
    """Return gain and offset from stored integers to values, from the header of EDF or BDF."""
    try:
        with path.open("rb") as file:
            n_signals = int(file.read(256)[252:256])
            table = file.read(256 * n_signals).decode("latin-1")
        fields, start = [], 0
        for width in _WIDTHS:
            part = table[start : start + width * n_signals]
            fields.append([part[i * width : (i + 1) * width].strip() for i in range(n_signals)])
            start += width * n_signals
        place = fields[0].index(name)
        low, high, lowest, highest = (float(field[place]) for field in fields[3:7])
    except (OSError, ValueError):
        return None
    if highest == lowest:
        return None
    gain = (high - low) / (highest - lowest)
    return gain, low - gain * lowest
