"""Recordings, windows and what their numbers mean. MNE is the only way in."""

from eegzoo.data.eegbci import fetch_eegbci
from eegzoo.data.epochs import EpochsDataset
from eegzoo.data.preprocessing import Preprocessing
from eegzoo.data.recordings import label_events, read_recording
from eegzoo.data.signal import SignalInfo
from eegzoo.data.simulate import simulate_motor_imagery, simulate_sleep

__all__ = [
    "EpochsDataset",
    "Preprocessing",
    "SignalInfo",
    "fetch_eegbci",
    "label_events",
    "read_recording",
    "simulate_motor_imagery",
    "simulate_sleep",
]
