"""Recordings, windows and what their numbers mean. MNE is the only way in."""

from eegzoo.data.alignment import align
from eegzoo.data.amplitude import check_amplitude
from eegzoo.data.bids import load_bids
from eegzoo.data.eegbci import fetch_eegbci
from eegzoo.data.epochs import EpochsDataset
from eegzoo.data.preprocessing import Preprocessing
from eegzoo.data.quality import Finding, check_against, check_recording
from eegzoo.data.recording import Recording
from eegzoo.data.recordings import label_events, read_recording
from eegzoo.data.sample_audvis import fetch_sample_audvis
from eegzoo.data.sequences import Sequences
from eegzoo.data.signal import SignalInfo, SignalWarning
from eegzoo.data.simulate import simulate_motor_imagery, simulate_sleep
from eegzoo.data.sleep_physionet import fetch_sleep_physionet
from eegzoo.data.splits import check_leakage, official_split
from eegzoo.data.ssvep import fetch_ssvep
from eegzoo.data.steps import (
    Baseline,
    Epoch,
    Filter,
    Montage,
    Notch,
    Pick,
    Reference,
    Resample,
    Scale,
)
from eegzoo.data.store import WindowStore

__all__ = [
    "Baseline",
    "Epoch",
    "EpochsDataset",
    "Filter",
    "Finding",
    "Montage",
    "Notch",
    "Pick",
    "Preprocessing",
    "Recording",
    "Reference",
    "Resample",
    "Scale",
    "Sequences",
    "SignalInfo",
    "SignalWarning",
    "WindowStore",
    "align",
    "check_against",
    "check_amplitude",
    "check_leakage",
    "check_recording",
    "fetch_eegbci",
    "fetch_sample_audvis",
    "fetch_sleep_physionet",
    "fetch_ssvep",
    "label_events",
    "load_bids",
    "official_split",
    "read_recording",
    "simulate_motor_imagery",
    "simulate_sleep",
]
