"""Options that match recordings to the data that a model was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from eegzoo.cli.trained import Trained
    from eegzoo.data.preprocessing.preprocessing import Preprocessing
    from eegzoo.data.windows.epochs_dataset import EpochsDataset
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.training.regressor import EEGRegressor

Missing = Annotated[
    str,
    typer.Option(help="Handling of channels missing from a recording: raise, interpolate, zero."),
]
Resample = Annotated[
    bool, typer.Option("--resample", help="Resample recordings to the model's sampling rate.")
]
CheckSignal = Annotated[
    str,
    typer.Option(
        help="Handling of amplitudes that are not EEG in microvolts: raise, warn, ignore."
    ),
]

Align = Annotated[
    str | None,
    typer.Option(
        help="Alignment of each person's windows by these windows alone, for a model that was "
        "trained without: zscore, euclid or riemann. A model that was trained with --align does it "
        "by itself."
    ),
]


def resampling(trained: Trained, resample: bool) -> Preprocessing:
    """Return a model's preprocessing, with resampling to the model's rate first if asked for.

    Events are found before, in the recording as it is.
    """
    from eegzoo.data.preprocessing.filter_steps import Resample
    from eegzoo.data.preprocessing.preprocessing import Preprocessing

    steps, signal = trained.preprocessing.steps, trained.signal
    if not resample or signal is None or any(isinstance(step, Resample) for step in steps):
        return trained.preprocessing
    return Preprocessing([Resample(signal.sfreq), *steps])


def channels_of(trained: Trained) -> tuple[str, ...]:
    """Return the names of a model's channels; none if it was trained on arrays."""
    return () if trained.signal is None else tuple(trained.signal.ch_names)


def check_options(missing: str, check_signal: str) -> None:
    """Raise an error unless both options have one of their values."""
    from eegzoo.arguments import one_of
    from eegzoo.data.signal.alignment import MISSING
    from eegzoo.data.signal.amplitude import HOW

    one_of("--missing", missing, MISSING)
    one_of("--check-signal", check_signal, HOW)


def aligned(dataset: EpochsDataset, trained: Trained, missing: str) -> EpochsDataset:
    """Return windows with the channels of a model, in its order."""
    return (
        dataset if trained.signal is None else dataset.aligned_to(trained.signal, missing=missing)
    )


def aligning(
    estimator: EEGClassifier | EEGRegressor, align: str | None
) -> EEGClassifier | EEGRegressor:
    """Return an estimator that aligns each person as --align says, and print how it does.

    Raises
    ------
    ValueError
        If it was trained with another alignment, or with a normalisation that an alignment cannot
        take the place of.
    """
    from eegzoo.arguments import one_of
    from eegzoo.data.preprocessing.by_person.person_alignment import METHODS

    if align is not None:
        one_of("--align", align, METHODS)
        trained = None if estimator.align_ is None else estimator.align_.method
        if trained is None:
            estimator = estimator.with_alignment(align)
        elif trained != align:
            raise ValueError(
                f"expected --align {trained}, with which the model was trained, or none, "
                f"got {align!r}"
            )
    if estimator.alignment_ is not None:
        typer.echo("the model is aligned to one person", err=True)
    elif estimator.align_ is not None:
        typer.echo(
            f"each person is aligned ({estimator.align_.method}) by the windows that are predicted "
            "(transductive)",
            err=True,
        )
    return estimator
