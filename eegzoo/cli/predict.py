"""Command ``eegzoo predict``."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from eegzoo.cli import (
    channel_options,
    evaluate_sleep,
    event_options,
    matching,
    people,
    reading_options,
    results,
)
from eegzoo.cli.epochs_files import selected
from eegzoo.cli.recording_paths import existing
from eegzoo.cli.trained import Model, find_trained, model_files

if TYPE_CHECKING:
    from eegzoo.data.windows.epochs_dataset import EpochsDataset
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.training.regressor import EEGRegressor


def predict(
    model: Model,
    recording: Annotated[
        Path,
        typer.Argument(help="Recording, in any format that MNE reads.", callback=existing),
    ],
    events: Annotated[
        list[str] | None,
        typer.Option(
            help="Events to predict at, such as T1,T2, with tags and wildcards as --event-id of "
            "eegzoo train has them. Default: the whole recording."
        ),
    ] = None,
    stim: event_options.Stim = None,
    stim_mask: event_options.StimMask = None,
    events_from: event_options.EventsFrom = None,
    step_seconds: Annotated[
        float | None,
        typer.Option(help="Seconds between window starts. Default: the length of a window."),
    ] = None,
    reader_option: reading_options.ReaderOption = None,
    truncated: reading_options.Truncated = "raise",
    missing: matching.Missing = "raise",
    resample: matching.Resample = False,
    check_signal: matching.CheckSignal = "raise",
    align: matching.Align = None,
    adapt: people.Adapt = False,
    adapt_first: people.AdaptFirst = None,
    calibrate: people.Calibrate = 0,
    channels: channel_options.Channels = None,
    exclude: channel_options.Exclude = None,
    types: channel_options.Types = None,
    bads: channel_options.Bads = "interpolate",
    rename: channel_options.Rename = None,
    scale: channel_options.Scale = None,
    out: Annotated[Path | None, typer.Option(help="CSV file. Default: standard output.")] = None,
) -> None:
    """Predict labels or numbers for a recording, window by window or at its events, as CSV.

    The recording is preprocessed as in training. Each row describes a window. The columns are:

    - onset: onset of the window or event in seconds;

    - for a classifier, label: the most probable label; p_LABEL: the probability of each label;

    - for a multilabel classifier, label_0, label_1 and so on: whether the window has each label,
    1 or 0; p_0, p_1 and so on: the probability of each label;

    - for a regressor, prediction; or prediction_0, prediction_1 and so on, if it has several
    targets.

    The text is UTF-8 with Unix line ends on all platforms.

    For example:

    [bold]eegzoo predict model.safetensors recording.edf > predictions.csv[/]

    [bold]eegzoo predict eegnet.physionet_mi2 recording.edf --events T1,T2[/]
    """
    import mne

    from eegzoo.data.windows.epochs_dataset import EpochsDataset
    from eegzoo.files import written_whole

    if recording.suffix == ".safetensors" != Path(model).suffix:
        raise ValueError(f"expected the model before the recording, got {model} {recording}")
    results.check_outputs([out], [recording, *model_files(model)])
    matching.check_options(missing, check_signal)
    if events and step_seconds is not None:
        raise ValueError("expected --events or --step-seconds, got both")
    each = people.PeopleOptions(adapt, adapt_first, calibrate)
    each.check()
    if calibrate and not events:
        raise ValueError(f"expected --events, which are labels, with --calibrate, got {calibrate}")
    wanted = event_options.parse_events(events)
    source = event_options.event_source(stim, stim_mask, events_from)
    options = channel_options.ChannelOptions(channels, exclude, types, bads, rename, scale)
    options.check()
    evaluate_sleep.refuse_stager(model, f"eegzoo stage {recording.name} --model {model} does that")
    trained = find_trained(model)
    read = reading_options.reader(reader_option, truncated)
    chosen = channel_options.choose(
        [(str(recording), read(recording))], options,
        types=trained.preprocessing.types, keep=matching.channels_of(trained),
    )  # fmt: skip
    preprocessing = chosen.naming_channels(matching.resampling(trained, resample))
    raw = chosen.raws[0]
    # Labels are read only to learn some of them.
    labels: dict[str, list[str]] = {"event": wanted} if wanted else {}
    if calibrate:
        labels = {name: [name] for name in wanted}
    if isinstance(raw, mne.BaseEpochs):
        if step_seconds is not None:
            raise ValueError("expected --step-seconds with a recording, got epochs")
        epochs = preprocessing.epochs(selected(raw, labels))
        onsets = epochs.events[:, 0] / epochs.info["sfreq"]
    elif wanted:
        with event_options.spoken(str(recording)):
            cut = preprocessing.at_events(raw, labels, source)
        for left in cut.left_out:
            typer.echo(f"left out: {left}", err=True)
        epochs, onsets = cut.epochs, cut.onset
    else:
        epochs = preprocessing.windows(raw, step_seconds)
        onsets = (epochs.events[:, 0] / epochs.info["sfreq"] + epochs.tmin) - raw.first_time
    dataset = EpochsDataset.from_epochs(epochs, check_signal, types=preprocessing.types)
    dataset = matching.aligned(dataset, trained, missing)
    chosen.report()
    estimator = matching.aligning(trained.load(), align).set_params(check_signal=check_signal)
    if adapt or calibrate:
        estimator, dataset, onsets = _for_the_person(estimator, dataset, onsets, each)
    header, rows = _table(estimator, dataset)
    table = [
        ["onset", *header],
        *([f"{onset:.3f}", *row] for onset, row in zip(onsets, rows, strict=True)),
    ]
    if out is None:
        _write(sys.stdout, table)
        return
    with written_whole(out) as draft, draft.open("w", encoding="utf-8", newline="\n") as file:
        _write(file, table)
    typer.echo(f"wrote {len(rows)} predictions to {out}")


def _for_the_person(
    estimator: EEGClassifier | EEGRegressor,
    dataset: EpochsDataset,
    onsets: Any,
    each: people.PeopleOptions,
) -> tuple[Any, EpochsDataset, Any]:
    """Return the estimator for the person, and the windows whose labels it did not learn."""
    from eegzoo.training.regressor import EEGRegressor

    each.check(is_classifier=not isinstance(estimator, EEGRegressor))
    fitted, rest, record = each.fitted(estimator, dataset)
    typer.echo(record, err=True)
    return fitted, dataset.subset(rest), onsets[rest]


def _table(
    estimator: EEGClassifier | EEGRegressor, dataset: EpochsDataset
) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns, and a row for each window."""
    from eegzoo.training.regressor import EEGRegressor
    from eegzoo.training.targets.targets import LabelSets

    if isinstance(estimator, EEGRegressor):
        numbers = estimator.predict(dataset)
        names = ["prediction"]
        if numbers.ndim > 1:
            names = [f"prediction_{place}" for place in range(numbers.shape[1])]
        return names, [[f"{x:.6g}" for x in row] for row in numbers.reshape(len(numbers), -1)]
    probabilities, classes = estimator.predict_proba(dataset), estimator.classes_
    if isinstance(estimator.targets_, LabelSets):
        decided = [[str(int(p > 0.5)) for p in row] for row in probabilities]
        names = [f"label_{label}" for label in classes]
    else:
        decided = [[str(classes[row.argmax()])] for row in probabilities]
        names = ["label"]
    rows = [
        [*labels, *(f"{p:.4f}" for p in row)]
        for labels, row in zip(decided, probabilities, strict=True)
    ]
    return [*names, *(f"p_{label}" for label in classes)], rows


def _write(file: TextIO, table: list[list[str]]) -> None:
    """Write rows as CSV with the same bytes on all platforms."""
    if isinstance(file, io.TextIOWrapper):  # otherwise standard output writes "\\r\\n" on Windows
        file.reconfigure(encoding="utf-8", newline="\n")
    csv.writer(file, lineterminator="\n").writerows(table)
