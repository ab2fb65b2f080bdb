"""MNE's sample recording of auditory and visual stimuli, through MNE's fetcher."""

from __future__ import annotations

import mne

from eegzoo.data.datasets.downloads import fetch_recordings
from eegzoo.data.reading.recording import Recording

_PAGE = "https://osf.io/86qa2"
_SETTING = "MNE_DATASETS_SAMPLE_PATH"

_EVENTS = {1: "aud_l", 2: "aud_r", 3: "vis_l", 4: "vis_r", 5: "smiley", 32: "button"}


def fetch_sample_audvis(*, filtered: bool = False) -> list[Recording]:
    """Fetch MNE's sample recording (1.6 GB) of auditory and visual stimuli.

    The files are downloaded to MNE's data folder (``MNE_DATA``) unless they are there already.

    Tones in the left or right ear ("aud_l", "aud_r") alternate with checkerboards in the left or
    right visual field ("vis_l", "vis_r"). Occasionally, a "smiley" asks for a press of the
    "button". These events of the stim channel become annotations. EEG and EOG are kept. MEG is
    dropped, as are projections: the EEG is not rereferenced. The bad channel, EEG 053, is marked in
    ``info["bads"]``.

    Parameters
    ----------
    filtered : bool
        Whether to return MNE's copy, low-pass filtered at 40 Hz and resampled to 150.15 Hz, which
        the authors of EEGNet use in their example, instead of the original at 600.6 Hz.

    Returns
    -------
    list of Recording
        One recording with 60 channels of EEG and one of EOG.

    Raises
    ------
    OSError
        If the recording can be neither read nor downloaded.

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
    name = f"MEG/sample/sample_audvis_{'filt-0-40_raw' if filtered else 'raw'}.fif"
    fetcher = mne.datasets.sample.data_path
    (raw,) = fetch_recordings("sample_audvis", _PAGE, _SETTING, fetcher, [name])
    events = mne.find_events(raw, stim_channel="STI 014", verbose="ERROR")
    annotations = mne.annotations_from_events(
        events, raw.info["sfreq"], _EVENTS, orig_time=raw.info["meas_date"], verbose="ERROR"
    )
    raw.set_annotations(annotations)
    raw.del_proj()
    raw.pick(["eeg", "eog"], verbose="ERROR")
    return [Recording(raw, "sample", dataset="sample_audvis")]
