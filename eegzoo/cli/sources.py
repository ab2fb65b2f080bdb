"""Options that select labelled windows, from a data set or from files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli import event_options
from eegzoo.cli.completion import complete_choice
from eegzoo.cli.epochs_files import selected
from eegzoo.cli.option_values import split
from eegzoo.cli.recording_paths import files_and_folders
from eegzoo.cli.targets import read_targets

if TYPE_CHECKING:
    import mne
    import numpy as np
    import numpy.typing as npt

    from eegzoo.cli.channel_options import ChannelOptions
    from eegzoo.cli.trained_events import TrainedEvents
    from eegzoo.data.preprocessing.event_windows import EventWindows
    from eegzoo.data.preprocessing.preprocessing import Preprocessing
    from eegzoo.data.reading.events.sources import EventSource
    from eegzoo.data.reading.recording import Recording
    from eegzoo.data.windows.epochs_dataset import EpochsDataset

DATA_SETS = ("simulated", "eegbci")

Data = Annotated[
    str | None,
    typer.Option(
        help=f"Data set: {', '.join(DATA_SETS)}.",
        show_default="simulated, without --raw",
        autocompletion=complete_choice(*DATA_SETS),
    ),
]
Raw = Annotated[
    list[Path] | None,
    typer.Option(
        help="Recording or epochs, in any format that is read, or a folder of them; can be "
        "repeated.",
        show_default="none",
        callback=files_and_folders,
    ),
]
Subjects = Annotated[
    list[str] | None,
    typer.Option(help="Subjects of the data set, such as 1,2.", show_default="none"),
]
Runs = Annotated[
    list[str] | None,
    typer.Option(help="Runs of the data set, such as 6,10,14.", show_default="none"),
]


def seed_option(help: str) -> typer.models.OptionInfo:
    """Return an option for a seed of NumPy and torch."""
    option: typer.models.OptionInfo = typer.Option(min=0, max=2**32 - 1, help=help)
    return option


def load_windows(
    preprocessing: Preprocessing,
    data: str | None,
    subjects: list[str] | None,
    runs: list[str] | None,
    raw: list[Path] | None,
    event_id: list[str] | None,
    seed: int = 0,
    check_signal: str = "raise",
    target: str | None = None,
    metadata: list[Path] | None = None,
    annotations: list[Path] | None = None,
    source: EventSource | None = None,
    read: Callable[[Path], Any] | None = None,
    subject: list[str] | None = None,
    channels: ChannelOptions | None = None,
    keep: Sequence[str] = (),
    seen: Callable[[mne.io.BaseRaw, EventWindows], None] | None = None,
    stage_seconds: float | None = None,
    trained: TrainedEvents | None = None,
) -> EpochsDataset:
    """Return the windows that the options select.

    With `stage_seconds`, the labels are sleep stages, and each window of this length gets its own.

    `read` reads a file; None: `read_recording`. `channels` chooses the channels; those of a model,
    `keep`, are used whatever their names say. Without `event_id`, the events are those of the
    labels in `trained`. `seen` is called with each continuous recording, as it is before
    preprocessing, and its windows. With `target`, the number of each window is in the
    column "target" of its metadata.
    """
    import mne

    from eegzoo.cli.channel_options import ChannelOptions, choose
    from eegzoo.data.reading.label_files.annotate_stages import annotate_stages
    from eegzoo.data.reading.label_files.read_label_file import read_label_file
    from eegzoo.data.windows.epochs_dataset import EpochsDataset

    if raw and data is not None:
        raise ValueError("expected --data or --raw, got both")
    if raw and (subjects or runs):
        raise ValueError("expected --subjects and --runs with --data, not with --raw")
    if annotations and len(annotations) != len(raw or []):
        raise ValueError(
            f"expected one --annotations for each of {len(raw or [])} --raw, got {len(annotations)}"
        )
    if subject and not raw:
        raise ValueError("expected --subject with --raw, got it without")
    pairs = event_options.parse_event_id(event_id)
    source = source or event_options.event_source()
    recordings = _read(raw, read, subject) if raw else _fetch(data, subjects, runs, seed)
    if target is not None and len(metadata or []) != len(recordings):
        raise ValueError(
            f"expected one --metadata for each of {len(recordings)} recordings, got "
            f"{len(metadata or [])}"
        )
    names = [str(path) for path in raw or []] or [each.metadata["recording"] for each in recordings]
    chosen = choose(
        list(zip(names, [each.raw for each in recordings], strict=True)),
        channels or ChannelOptions(), types=preprocessing.types, keep=keep,
    )  # fmt: skip
    preprocessing = chosen.naming_channels(preprocessing)
    datasets = []
    for place, (recording, known) in enumerate(zip(recordings, chosen.raws, strict=True)):
        name, types = recording.metadata["recording"], preprocessing.types
        if isinstance(known, mne.BaseEpochs):
            if target is not None:
                raise ValueError("expected --target with continuous recordings, got epochs")
            of_labels = pairs or (trained.in_epochs(known, name) if trained else {})
            epochs = preprocessing.epochs(selected(known, of_labels))
            dataset = EpochsDataset.from_epochs(
                epochs, check_signal, types=types, **recording.metadata
            )
            datasets.append(dataset)
            continue
        with event_options.spoken(name):
            if annotations:
                known = read_label_file(annotations[place], known)
            if stage_seconds is not None:
                known = annotate_stages(known, window_seconds=stage_seconds)
        if pairs or trained is None:
            wanted = pairs or event_options.default_events(known, source, name, bool(raw))
        else:
            wanted = trained.in_recording(known, source, name, bool(raw))
        with event_options.spoken(name):
            cut = preprocessing.at_events(known, wanted, source)
        event_options.say_left_out(name, cut)
        if seen is not None:
            seen(known, cut)
        columns: dict[str, Any] = {**recording.metadata, **cut.metadata(name)}
        dataset = EpochsDataset.from_epochs(cut.epochs, check_signal, types=types, **columns)
        if target is not None and metadata is not None:
            values = read_targets(
                metadata[place], target, cut.onset, cut.index, cut.n_events, known.info["sfreq"]
            )
            dataset = _with_target(dataset, target, values)
        datasets.append(dataset)
    chosen.report()
    return EpochsDataset.concatenate(datasets)


def _with_target(
    dataset: EpochsDataset, target: str, values: npt.NDArray[np.float64]
) -> EpochsDataset:
    """Return the windows with a number, and the numbers in the column "target" of the metadata."""
    import numpy as np

    known = np.flatnonzero(np.isfinite(values))
    recording = dataset.groups("recording")[0]
    if len(known) == 0:
        raise ValueError(f"expected numbers in column {target!r} for {recording}, got none")
    if len(known) < len(values):
        typer.echo(
            f"{recording}: {len(values) - len(known)} of {len(values)} windows are left out, "
            f"because they have no {target}",
            err=True,
        )
    dataset.metadata["target"] = values
    return dataset.subset(known)


def _numbers(name: str, values: list[str] | None) -> list[int]:
    items = split(f"--{name}", values)
    try:
        return [int(item) for item in items]
    except ValueError:
        raise ValueError(f"expected numbers for --{name}, got {','.join(items)}") from None


def _read(
    paths: list[Path], read: Callable[[Path], Any] | None, subject: list[str] | None
) -> list[Recording]:
    """Read files. A file whose subject is not known counts as a subject."""
    from eegzoo.cli.subjects import subjects_of
    from eegzoo.data.reading.read_recording import read_recording
    from eegzoo.data.reading.recording import Recording

    read = read or read_recording
    names = subjects_of(paths, subject)
    if len(paths) > 1 and None in names:
        typer.echo(
            f"{names.count(None)} of {len(paths)} files count as a subject each; --subject names "
            "their subjects",
            err=True,
        )
    return [
        Recording(read(path), str(path))
        if name is None
        else Recording(read(path), name, run=str(path))
        for path, name in zip(paths, names, strict=True)
    ]


def _fetch(
    data: str | None, subjects: list[str] | None, runs: list[str] | None, seed: int
) -> list[Recording]:
    from eegzoo.arguments import nearest
    from eegzoo.data.datasets.eegbci import fetch_eegbci
    from eegzoo.data.datasets.simulated import simulate_motor_imagery
    from eegzoo.data.reading.recording import Recording

    data = DATA_SETS[0] if data is None else data
    if data not in DATA_SETS:
        raise ValueError(f"unknown data set {data!r}{nearest(data, DATA_SETS)}")
    numbers = {"subjects": _numbers("subjects", subjects), "runs": _numbers("runs", runs)}
    if data == "simulated":
        if any(numbers.values()):
            raise ValueError("expected --subjects and --runs with --data eegbci only")
        return [Recording(simulate_motor_imagery(random_state=seed), subject="simulated")]
    for name, values in numbers.items():
        if not values:
            raise ValueError(f"expected --{name} with --data eegbci, got none")
    return fetch_eegbci(numbers["subjects"], numbers["runs"])
