"""Options that make a recording what a model was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import mne

    from eegzoo.data import EpochsDataset
    from eegzoo.training import EEGClassifier

Missing = Annotated[
    str, typer.Option(help="Channels that the recording lacks: raise, interpolate, zero.")
]
Resample = Annotated[
    bool, typer.Option("--resample", help="Change the recording's sampling rate to the model's.")
]
CheckSignal = Annotated[
    str,
    typer.Option(help="If amplitudes cannot be microvolts of EEG: raise, warn, ignore."),
]


def resampled(raw: mne.io.BaseRaw, classifier: EEGClassifier, resample: bool) -> mne.io.BaseRaw:
    """Return a recording at the sampling rate that a classifier's preprocessing begins with."""
    from eegzoo.data import Resample

    steps = classifier.trained_preprocessing().steps
    info = classifier.signal_info_
    if not resample or info is None or any(isinstance(step, Resample) for step in steps):
        return raw
    raw = raw.copy().load_data(verbose="ERROR")
    Resample(info.sfreq).apply(raw)
    return raw


def aligned(dataset: EpochsDataset, classifier: EEGClassifier, missing: str) -> EpochsDataset:
    """Return windows with the channels that a classifier was trained on."""
    info = classifier.signal_info_
    return dataset if info is None else dataset.aligned_to(info, missing=missing)
