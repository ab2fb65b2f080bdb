"""Options that make a recording what a model was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import mne

    from eegzoo.cli.trained import Trained
    from eegzoo.data.windows.epochs_dataset import EpochsDataset

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


def resampled(raw: mne.io.BaseRaw, trained: Trained, resample: bool) -> mne.io.BaseRaw:
    """Return a recording at the sampling rate that a model's preprocessing begins with."""
    from eegzoo.data.preprocessing.filter_steps import Resample

    steps, signal = trained.preprocessing.steps, trained.signal
    if not resample or signal is None or any(isinstance(step, Resample) for step in steps):
        return raw
    raw = raw.copy().load_data(verbose="ERROR")
    Resample(signal.sfreq).apply(raw)
    return raw


def aligned(dataset: EpochsDataset, trained: Trained, missing: str) -> EpochsDataset:
    """Return windows with the channels that a model was trained on."""
    return (
        dataset if trained.signal is None else dataset.aligned_to(trained.signal, missing=missing)
    )
