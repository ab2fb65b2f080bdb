"""MNE's sample recording, through its fetcher."""

from __future__ import annotations

import mne

from eegzoo.data.datasets.downloads import fetch_folder, read_from_folder
from eegzoo.data.reading.recording import Recording

_PAGE = "https://osf.io/86qa2"

_EVENTS = {1: "aud_l", 2: "aud_r", 3: "vis_l", 4: "vis_r", 5: "smiley", 32: "button"}


def fetch_sample_audvis(*, filtered: bool = False) -> list[Recording]:
    """Download MNE's sample recording (1.6 GB), or read it from the cache.

    Tones in the left or right ear, "aud_l" and "aud_r", alternate with checkerboards in the left
    or right half of the visual field, "vis_l" and "vis_r"; now and then a "smiley" asks for a
    press of the "button". Codes of the stim channel become annotations with these names. EEG and
    EOG are kept, MEG is dropped, and so are projections: reference the EEG as you wish. The bad
    channel, EEG 053, is marked as such. The file lies where MNE keeps it (``MNE_DATA``).

    Parameters
    ----------
    filtered : bool
        False: as recorded, at 600.6 Hz. True: MNE's copy up to 40 Hz, at 150.15 Hz, which the
        authors of EEGNet use in their example.

    Returns
    -------
    list of Recording
        One: 60 channels of EEG, and EOG.

    Raises
    ------
    OSError
        If the file can be neither read nor downloaded.

    Examples
    --------
    >>> (recording,) = fetch_sample_audvis(filtered=True)  # doctest: +SKIP

    References
    ----------
    Gramfort et al. (2013). MEG and EEG data analysis with MNE-Python. Front. Neurosci. 7.
    https://doi.org/10.3389/fnins.2013.00267
    """
    if not isinstance(filtered, bool):
        raise TypeError(f"expected filtered to be True or False, got {filtered!r}")
    folder = fetch_folder(
        "sample_audvis", _PAGE, "MNE_DATASETS_SAMPLE_PATH", mne.datasets.sample.data_path
    )
    kind = "filt-0-40_raw" if filtered else "raw"
    raw = read_from_folder(folder, f"MEG/sample/sample_audvis_{kind}.fif")
    events = mne.find_events(raw, stim_channel="STI 014", verbose="ERROR")
    annotations = mne.annotations_from_events(
        events, raw.info["sfreq"], _EVENTS, orig_time=raw.info["meas_date"], verbose="ERROR"
    )
    raw.set_annotations(annotations)
    raw.del_proj()
    raw.pick(["eeg", "eog"], verbose="ERROR")
    return [Recording(raw, "sample", dataset="sample_audvis")]
