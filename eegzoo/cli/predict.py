"""Command ``eegzoo predict``."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from eegzoo.cli import matching
from eegzoo.cli.sources import split
from eegzoo.cli.trained import Model, find_trained

if TYPE_CHECKING:
    from collections.abc import Iterable


def predict(
    model: Model,
    recording: Annotated[Path, typer.Argument(help="Recording, in any format that MNE reads.")],
    events: Annotated[
        list[str] | None,
        typer.Option(help="Events to predict at, such as T1,T2. Default: the whole recording."),
    ] = None,
    step_seconds: Annotated[
        float | None,
        typer.Option(help="Seconds between window starts. Default: the length of a window."),
    ] = None,
    missing: matching.Missing = "raise",
    resample: matching.Resample = False,
    check_signal: matching.CheckSignal = "raise",
    out: Annotated[Path | None, typer.Option(help="CSV file. Default: standard output.")] = None,
) -> None:
    """Predict labels for a recording, window by window or at its events, as CSV.

    The recording is preprocessed as in training. Each row describes a window: the onset of the
    window or event in seconds, the predicted label, and the probability of each label.

    For example:

    [bold]eegzoo predict model.safetensors recording.edf > predictions.csv[/]

    [bold]eegzoo predict eegnet.physionet_mi2 recording.edf --events T1,T2[/]
    """
    from eegzoo.data.reading.read_recording import read_recording
    from eegzoo.data.windows.epochs_dataset import EpochsDataset
    from eegzoo.files import check_writable, written_whole

    if out is not None:
        check_writable(out)
    if events and step_seconds is not None:
        raise ValueError("expected --events or --step-seconds, got both")
    trained = find_trained(model)
    preprocessing = trained.preprocessing
    raw = matching.resampled(read_recording(recording), trained, resample)
    wanted = {name: name for name in split(events)}
    if wanted:
        epochs, offset = preprocessing.epochs(raw, wanted), preprocessing.window.tmin
    else:
        epochs, offset = preprocessing.windows(raw, step_seconds), 0.0
    dataset = EpochsDataset.from_epochs(epochs, check_signal)
    dataset = matching.aligned(dataset, trained, missing)
    onsets = dataset.groups("onset") - raw.first_time - offset
    classifier = trained.load().set_params(check_signal=check_signal)
    probabilities = classifier.predict_proba(dataset)
    labels = classifier.classes_[probabilities.argmax(axis=1)]
    header = ["onset", "label", *(f"p_{label}" for label in classifier.classes_)]
    rows = zip(onsets, labels, probabilities, strict=True)
    if out is None:
        _write(sys.stdout, header, rows)
        return
    with written_whole(out) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        _write(file, header, rows)
    typer.echo(f"wrote {len(labels)} predictions to {out}")


def _write(file: TextIO, header: list[str], rows: Iterable[tuple[float, Any, Any]]) -> None:
    writer = csv.writer(file)
    writer.writerow(header)
    for onset, label, probabilities in rows:
        writer.writerow([f"{onset:.3f}", label, *(f"{p:.4f}" for p in probabilities)])
