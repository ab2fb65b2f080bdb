"""MATLAB files whose arrays are a recording, by the names that the user gives."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mne
import numpy as np
import scipy.io

from eegzoo.data.reading.formats.units import volts
from eegzoo.data.reading.matlab_damage import check_matlab

_logger = logging.getLogger(__name__)
_LISTED = 12  # arrays that a message lists


def read_matlab(
    path: Path,
    *,
    data: str | None = None,
    sfreq: str | float | None = None,
    ch_names: str | list[str] | None = None,
    unit: str | None = None,
) -> mne.io.BaseRaw:
    """Read a recording from the arrays of a MATLAB file.

    Parameters
    ----------
    path : Path
        File of MATLAB 5 or later. Files of MATLAB 7.3 require h5py.
    data : str
        Name of the array of samples, with two dimensions; a field is "EEG.data".
    sfreq : str | float
        Sampling rate in Hz, or the name of the array that contains it.
    ch_names : str | list of str | None
        Name of the array of channel names, or the names. None: "1", "2" and so on.
    unit : str | None
        Unit of the samples: "V", "mV", "uV" or "nV". None: microvolts.

    Returns
    -------
    mne.io.Raw
        Recording in memory. Without names, the shorter dimension of `data` is that of the channels.

    Raises
    ------
    ImportError
        If the file is of MATLAB 7.3 and h5py is not installed.
    ValueError
        If `data` or `sfreq` is not given, or if an array has another shape or does not exist.
    """
    arrays = _arrays(path)
    if data is None or sfreq is None:
        sizes = [
            f"{name} ({' × '.join(map(str, np.shape(array))) or 'number'})"
            for name, array in arrays.items()
            if isinstance(array, np.ndarray | int | float) and np.asarray(array).dtype.kind in "iuf"
        ]
        listed = ", ".join(sizes[:_LISTED]) + (", …" if len(sizes) > _LISTED else "")
        raise ValueError(
            "a MATLAB file is not a recording unless its arrays are named: "
            "--reader-option data=NAME --reader-option sfreq=NAME or RATE, and ch_names=NAME and "
            f"unit=uV where needed; its arrays of numbers are {listed or 'none'}"
        )
    samples = np.asarray(_find(arrays, data, "data"))
    if samples.ndim != 2 or samples.dtype.kind not in "iuf" or 0 in samples.shape:
        raise ValueError(
            f"expected data of shape (n_chans, n_times), got {samples.dtype} of {samples.shape}"
        )
    rate = sfreq if isinstance(sfreq, int | float) else _find(arrays, sfreq, "sfreq")
    rate = np.ravel(rate)
    if rate.size != 1 or rate.dtype.kind not in "iuf" or not 0 < rate[0] < np.inf:
        raise ValueError(f"expected sfreq to be one positive number, got {rate.tolist()}")
    names = (
        ch_names
        if isinstance(ch_names, list) or ch_names is None
        else _texts(_find(arrays, ch_names, "ch_names"))
    )
    if names is None:
        names = [str(place + 1) for place in range(min(samples.shape))]
    if len(names) not in samples.shape:
        raise ValueError(f"expected a name for each channel, got {len(names)} for {samples.shape}")
    if len(names) != samples.shape[0] or (ch_names is None and samples.shape[0] > samples.shape[1]):
        samples = samples.T
    if unit is None:
        _logger.warning(
            "%s: the samples are taken as microvolts; --reader-option unit=V, mV or nV changes it",
            path,
        )
    info = mne.create_info(names, float(rate[0]), "eeg")
    return mne.io.RawArray(samples.astype(np.float64) * volts(unit or "uV"), info, verbose="ERROR")


def _arrays(path: Path) -> dict[str, Any]:
    """Return the arrays of a file, those in structures as "structure.field"."""
    if check_matlab(path):
        found = scipy.io.loadmat(path, simplify_cells=True)
        return _flat({name: x for name, x in found.items() if not name.startswith("__")})
    try:
        import h5py
    except ImportError as error:
        raise ImportError("files of MATLAB 7.3 require h5py: pip install eegzoo[mat73]") from error
    with h5py.File(path, "r") as file:
        return _flat(_from_hdf5(file, file))


def _flat(found: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    for name, value in found.items():
        if isinstance(value, Mapping):
            arrays |= _flat(value, f"{prefix}{name}.")
        else:
            arrays[prefix + name] = value
    return arrays


def _from_hdf5(group: Any, file: Any) -> dict[str, Any]:
    """Return the arrays of an HDF5 group; MATLAB stores them transposed, and texts as numbers."""
    import h5py

    arrays: dict[str, Any] = {}
    for name, item in group.items():
        if name.startswith("#"):  # what the cells of MATLAB refer to
            continue
        if isinstance(item, h5py.Group):
            arrays[name] = _from_hdf5(item, file)
        elif item.attrs.get("MATLAB_class", b"") == b"cell":
            cells = [file[reference] for reference in np.ravel(item[()])]
            if all(_is_text(cell) for cell in cells):
                arrays[name] = [_text(cell) for cell in cells]
        else:
            arrays[name] = _text(item) if _is_text(item) else item[()].T
    return arrays


def _is_text(item: Any) -> bool:
    """Return whether an HDF5 item is a text: numbers of 16 bits, as MATLAB stores characters."""
    kind = item.attrs.get("MATLAB_class", b"char")
    return kind == b"char" and hasattr(item, "dtype") and item.dtype.kind in "iu"


def _text(item: Any) -> str:
    return "".join(chr(code) for code in np.ravel(item[()].T))


def _find(arrays: Mapping[str, Any], name: str, argument: str) -> Any:
    if name not in arrays:
        raise ValueError(f"expected {argument} to be one of {list(arrays)}, got {name!r}")
    return arrays[name]


def _texts(names: Any) -> list[str]:
    if isinstance(names, str):
        names = [names]
    return [str(name).strip() for name in np.ravel(np.asarray(names, dtype=object))]
