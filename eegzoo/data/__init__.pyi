from .datasets.eegbci import fetch_eegbci
from .datasets.sample_audvis import fetch_sample_audvis
from .datasets.simulated import simulate_motor_imagery, simulate_sleep
from .datasets.simulated_night import simulate_night
from .datasets.sleep_physionet import fetch_sleep_physionet
from .datasets.ssvep import fetch_ssvep
from .preprocessing.by_person.fit_alignment import AlignmentWarning
from .preprocessing.by_person.fitted_alignment import FittedAlignment
from .preprocessing.by_person.person_alignment import PersonAlignment
from .preprocessing.by_person.running_alignment import RunningAlignment
from .preprocessing.causal_form import as_causal
from .preprocessing.channel_steps import Montage, Pick, Reference
from .preprocessing.filter_steps import Filter, Notch, Resample, Scale
from .preprocessing.normalization import (
    NORMALIZERS,
    Normalizer,
    fit_normalizer,
    normalizer_from_dict,
)
from .preprocessing.preprocessing import Preprocessing
from .preprocessing.window_steps import Baseline, Epoch, Stretch
from .reading.bids import load_bids
from .reading.events.labels import label_events, labels_among_events
from .reading.events.listing import EventSummary, list_events
from .reading.events.sources import EventSource
from .reading.label_files.annotate_stages import annotate_stages
from .reading.label_files.read_label_file import read_label_file
from .reading.label_files.read_scoring import read_scoring, scoring_of
from .reading.label_files.scoring import Scoring
from .reading.read_epochs import is_epochs_file, read_epochs
from .reading.read_recording import read_recording
from .reading.recording import Recording
from .signal.alignment import align, channel_matrix, interpolation
from .signal.amplitude import check_amplitude
from .signal.filtering.forward_filter import filter_forward, notch_forward
from .signal.filtering.polyphase import resample
from .signal.filtering.resampling import resample_epochs, resample_events, resample_raw
from .signal.nearest_electrodes import nearest_electrodes
from .signal.quality import Finding, check_against, check_recording
from .signal.signal_info import SignalInfo, SignalWarning, same_rate
from .store.copying import copy_store
from .store.window_store import WindowStore
from .windows.aligned_people import align_people
from .windows.epochs_dataset import EpochsDataset
from .windows.estimator_inputs import as_inputs
from .windows.sequences import Sequences
from .windows.splits import check_leakage, official_split
from .windows.timeline import SplitWarning

__all__ = [
    "NORMALIZERS",
    "AlignmentWarning",
    "Baseline",
    "Epoch",
    "EpochsDataset",
    "EventSource",
    "EventSummary",
    "Filter",
    "Finding",
    "FittedAlignment",
    "Montage",
    "Normalizer",
    "Notch",
    "PersonAlignment",
    "Pick",
    "Preprocessing",
    "Recording",
    "Reference",
    "Resample",
    "RunningAlignment",
    "Scale",
    "Scoring",
    "Sequences",
    "SignalInfo",
    "SignalWarning",
    "SplitWarning",
    "Stretch",
    "WindowStore",
    "align",
    "align_people",
    "annotate_stages",
    "as_causal",
    "as_inputs",
    "channel_matrix",
    "check_against",
    "check_amplitude",
    "check_leakage",
    "check_recording",
    "copy_store",
    "fetch_eegbci",
    "fetch_sample_audvis",
    "fetch_sleep_physionet",
    "fetch_ssvep",
    "filter_forward",
    "fit_normalizer",
    "interpolation",
    "is_epochs_file",
    "label_events",
    "labels_among_events",
    "list_events",
    "load_bids",
    "nearest_electrodes",
    "normalizer_from_dict",
    "notch_forward",
    "official_split",
    "read_epochs",
    "read_label_file",
    "read_recording",
    "read_scoring",
    "resample",
    "resample_epochs",
    "resample_events",
    "resample_raw",
    "same_rate",
    "scoring_of",
    "simulate_motor_imagery",
    "simulate_night",
    "simulate_sleep",
]
