"""XDF files of the Lab Streaming Layer, through pyxdf."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mne
import numpy as np

from eegzoo.data.reading.formats.pauses import annotate, with_pauses
from eegzoo.data.reading.formats.sampling import measured_timing
from eegzoo.data.reading.formats.units import volts

_logger = logging.getLogger(__name__)
_TYPES = {"eeg": "eeg", "eog": "eog", "emg": "emg", "ecg": "ecg", "stim": "stim", "markers": "stim"}


def read_xdf(path: Path, *, stream: str | None = None, unit: str | None = None) -> mne.io.BaseRaw:
    """Read the EEG stream of an XDF file, with its streams of markers as annotations.

    pyxdf's dejittering spreads samples evenly over pauses of up to a second, so the times are read
    as they were recorded, and the pauses are found first.

    Parameters
    ----------
    path : Path
        File.
    stream : str | None
        Name of the stream to read. None: the only one of type EEG.
    unit : str | None
        Unit of the samples. None: that of each channel's description, otherwise microvolts.

    Returns
    -------
    mne.io.Raw
        Recording in memory, at the rate on the clock of the recording computer.

    Raises
    ------
    ImportError
        If pyxdf is not installed.
    ValueError
        If there is no stream of that name, or not one of type EEG.
    """
    try:
        import pyxdf
    except ImportError as error:
        raise ImportError("XDF files require pyxdf: pip install eegzoo[xdf]") from error
    streams, _ = pyxdf.load_xdf(str(path), dejitter_timestamps=False, verbose=False)
    chosen = _chosen(streams, stream)
    info, times = chosen["info"], np.asarray(chosen["time_stamps"], dtype=np.float64)
    nominal = float(info["nominal_srate"][0])
    if nominal <= 0 or len(times) < 2:
        raise ValueError(
            f"expected a stream with samples at a regular rate, got {len(times)} at {nominal:g} Hz"
        )
    timing = measured_timing(times, nominal)
    samples = np.asarray(chosen["time_series"], dtype=np.float64).T
    names, kinds, units = _channels(info, len(samples))
    if unit is None and not all(units):
        _logger.warning(
            "%s: the samples are taken as microvolts; --reader-option unit=V, mV or nV changes it",
            path,
        )
    for place, (kind, own) in enumerate(zip(kinds, units, strict=True)):
        if kind not in ("stim", "misc"):
            samples[place] *= volts(unit or own or "uV")
    raw = with_pauses(
        samples, mne.create_info(names, timing.sfreq, kinds), timing.onsets, timing.lengths
    )
    for other in streams:
        if other["info"]["nominal_srate"][0] in ("0", "0.0") and len(other["time_stamps"]):
            onsets = np.asarray(other["time_stamps"]) - times[0]
            texts = [
                " ".join(str(value) for value in np.ravel(row)) for row in other["time_series"]
            ]
            annotate(raw, onsets, np.zeros(len(texts)), texts)
    return raw


def _chosen(streams: list[dict[str, Any]], name: str | None) -> dict[str, Any]:
    """Return the stream of a name, or the only one of type EEG."""
    known = [f"{each['info']['name'][0]!r} ({each['info']['type'][0]})" for each in streams]
    found = [
        each
        for each in streams
        if (each["info"]["name"][0] == name if name is not None
            else (each["info"]["type"][0] or "").lower() == "eeg")
    ]  # fmt: skip
    if len(found) != 1:
        wanted = f"one stream named {name!r}" if name is not None else "one stream of type EEG"
        raise ValueError(
            f"expected {wanted}, got {len(found)} among {', '.join(known) or 'none'}; "
            "--reader-option stream=NAME chooses one"
        )
    return found[0]


def _channels(info: Mapping[str, Any], n_chans: int) -> tuple[list[str], list[str], list[str]]:
    """Return the names, types and units of the channels, as far as the stream describes them."""
    described: list[Any] = []
    with contextlib.suppress(KeyError, IndexError, TypeError):
        described = info["desc"][0]["channels"][0]["channel"]
    if len(described) != n_chans:
        described = [{} for _ in range(n_chans)]

    def field(channel: Mapping[str, Any], key: str) -> str:
        return str((channel.get(key) or [""])[0] or "").strip()

    names = [field(each, "label") or str(place) for place, each in enumerate(described, start=1)]
    types = [_TYPES.get((field(each, "type") or "eeg").lower(), "misc") for each in described]
    return names, types, [field(each, "unit") for each in described]
