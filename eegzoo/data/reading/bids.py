"""Reading of folders in the Brain Imaging Data Structure (BIDS) with mne-bids."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import mne
import numpy as np

from eegzoo.data.reading.file_damage import check_header, check_opened
from eegzoo.data.reading.formats.brainvision import correct_brainvision
from eegzoo.data.reading.formats.edf.header import read_edf_header
from eegzoo.data.reading.formats.edf.read_edf import has_known_units, read_edf
from eegzoo.data.reading.formats.pauses import PAUSE, annotate
from eegzoo.data.reading.recording import Recording

_EXTENSIONS = [".edf", ".bdf", ".vhdr", ".set"]  # the EEG formats of BIDS


def load_bids(
    root: str | os.PathLike[str],
    subjects: str | Iterable[str] | None = None,
    sessions: str | Iterable[str] | None = None,
    tasks: str | Iterable[str] | None = None,
    runs: str | Iterable[str] | None = None,
) -> list[Recording]:
    """Open the EEG recordings of a BIDS folder, with their events as annotations.

    mne-bids applies the files that accompany a recording: events.tsv, the channel types and bad
    channels of channels.tsv, and the positions of electrodes.tsv. Requires ``eegzoo[bids]``.

    Parameters
    ----------
    root : path-like
        Folder with the ``sub-*`` folders. Its name becomes the name of the data set.
    subjects, sessions, tasks, runs : str | iterable of str | None
        Names to load, without ``sub-``, ``ses-``, ``task-`` or ``run-``. None: all.

    Returns
    -------
    list of Recording
        Recordings in the order of their file names. ``session`` is "1" if the folder has no
        sessions. ``run`` joins the other entities, such as "task-rest_run-01".

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    ImportError
        If mne-bids is not installed.
    ValueError
        If no recording matches, a requested name has no recording, or a recording is damaged.

    Warns
    -----
    RuntimeWarning
        If mne-bids or MNE warns about a recording.

    Examples
    --------
    >>> recordings = load_bids("ds003061", tasks="P300", runs=["1", "2"])  # doctest: +SKIP

    References
    ----------
    Appelhoff et al. (2019). MNE-BIDS: Organizing electrophysiological data into the BIDS format and
    facilitating their analysis. J. Open Source Softw. 4. https://doi.org/10.21105/joss.01896

    Pernet et al. (2019). EEG-BIDS, an extension to the brain imaging data structure for
    electroencephalography. Sci. Data 6. https://doi.org/10.1038/s41597-019-0104-8
    """
    root = Path(root)
    if not root.is_dir():
        raise FileNotFoundError(f"no such folder: {root}")
    wanted = {"subjects": subjects, "sessions": sessions, "tasks": tasks, "runs": runs}
    chosen = {name: _names(name, given) for name, given in wanted.items() if given is not None}
    paths = _mne_bids().find_matching_paths(
        root, **chosen, datatypes="eeg", suffixes="eeg", extensions=_EXTENSIONS, ignore_nosub=True
    )
    for name, values in chosen.items():
        missing = sorted(set(values) - {getattr(path, name.removesuffix("s")) for path in paths})
        if missing:
            raise ValueError(f"expected {name} with matching recordings in {root}, got {missing}")
    if not paths:
        raise ValueError(f"expected EEG recordings in {root}, got none")
    dataset = root.resolve().name
    return [_recording(path, dataset) for path in sorted(paths, key=lambda path: path.fpath)]


def _recording(path: Any, dataset: str) -> Recording:
    try:
        check_header(path.fpath)
        is_edf = path.fpath.suffix.lower() in (".edf", ".bdf")
        with warnings.catch_warnings():
            if is_edf and read_edf_header(path.fpath).has_pauses:
                # MNE compares the events with the time without pauses.
                warnings.filterwarnings("ignore", "Omitted|Limited")
            raw = _mne_bids().read_raw_bids(path, verbose="WARNING")
        check_opened(raw, path.fpath)
        if is_edf:
            raw = _at_right_times(raw, path)
        elif path.fpath.suffix.lower() == ".vhdr":
            correct_brainvision(raw, path.fpath)
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{path.fpath} cannot be read as a recording: {reason}") from error
    parts = path.fpath.stem.split("_")[:-1]
    run = "_".join(part for part in parts if not part.startswith(("sub-", "ses-")))
    return Recording(raw, path.subject, path.session or "1", run or "1", dataset)


def _at_right_times(raw: mne.io.BaseRaw, path: Any) -> mne.io.BaseRaw:
    """Return an EDF or BDF file with its pauses, at the rate of its EEG and in volts.

    mne-bids reads it with MNE, which ignores pauses, upsamples to the highest rate and knows few
    units.
    """
    header = read_edf_header(path.fpath)
    one_rate = len({header.n_samples[i] for i in header.signal_places}) == 1
    if one_rate and not header.has_pauses and has_known_units(header):
        return raw
    found = read_edf(path.fpath)
    if len(found.ch_names) != len(raw.ch_names):
        raise ValueError(f"expected channels {found.ch_names}, got {raw.ch_names}")
    found.rename_channels(dict(zip(found.ch_names, raw.ch_names, strict=True)))
    types = dict(zip(raw.ch_names, raw.get_channel_types(), strict=True))
    found.set_channel_types(types, on_unit_change="ignore", verbose="ERROR")
    found.info["bads"] = raw.info["bads"]
    if (montage := raw.get_montage()) is not None:
        found.set_montage(montage, verbose="ERROR")
    events = path.find_matching_sidecar(suffix="events", extension=".tsv", on_error="ignore")
    if events is not None:
        rows = _mne_bids().events_file_to_annotation_kwargs(events, verbose="ERROR")
        is_pause = found.annotations.description == PAUSE
        found.annotations.delete(np.flatnonzero(~is_pause))
        annotate(found, rows["onset"], rows["duration"], rows["description"])
    return found


def _names(argument: str, given: str | Iterable[str]) -> list[str]:
    names = [given] if isinstance(given, str) else list(given)
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"expected {argument} to be one or more strings, got {names}")
    return names


def _mne_bids() -> Any:
    try:
        import mne_bids
    except ImportError as error:
        text = "BIDS folders require mne-bids: pip install eegzoo[bids]"
        raise ImportError(text) from error
    return mne_bids
