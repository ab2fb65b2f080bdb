"""Options that select labelled windows, from a data set or from files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eegzoo.cli.option_values import split
from eegzoo.cli.targets import read_targets

if TYPE_CHECKING:
    import mne
    import numpy as np
    import numpy.typing as npt

    from eegzoo.cli.channel_options import ChannelOptions
    from eegzoo.data.preprocessing.preprocessing import Preprocessing
    from eegzoo.data.reading.recording import Recording
    from eegzoo.data.windows.epochs_dataset import EpochsDataset

DATA_SETS = ("simulated", "eegbci")

Data = Annotated[
    str | None,
    typer.Option(
        help=f"Data set: {', '.join(DATA_SETS)}.", show_default="simulated, without --raw"
    ),
]
Raw = Annotated[
    list[Path] | None,
    typer.Option(
        help="Recording, in any format that MNE reads; can be repeated.", show_default="none"
    ),
]
EventId = Annotated[
    list[str] | None,
    typer.Option(
        help="Pairs of label and event, such as left=1,right=2 or fists=T1.",
        show_default="all but rest",
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
    change: Callable[[mne.io.BaseRaw], mne.io.BaseRaw] | None = None,
    target: str | None = None,
    metadata: list[Path] | None = None,
    channels: ChannelOptions | None = None,
    keep: Sequence[str] = (),
) -> EpochsDataset:
    """Return the windows that the options select, after `change` is applied to each recording.

    `channels` chooses the channels; those of a model, `keep`, are used whatever their names say.
    With `target`, the number of each window is in the column "target" of its metadata.
    """
    from eegzoo.cli.channel_options import ChannelOptions, choose
    from eegzoo.data.windows.epochs_dataset import EpochsDataset

    if raw and data is not None:
        raise ValueError("expected --data or --raw, got both")
    if raw and (subjects or runs):
        raise ValueError("expected --subjects and --runs with --data, not with --raw")
    recordings = _read(raw) if raw else _fetch(data, subjects, runs, seed)
    pairs = _pairs(event_id)
    if target is not None and len(metadata or []) != len(recordings):
        raise ValueError(
            f"expected one --metadata for each of {len(recordings)} recordings, got "
            f"{len(metadata or [])}"
        )
    chosen = choose(
        [(recording.subject if raw else recording.metadata["recording"], recording.raw)
         for recording in recordings],
        channels or ChannelOptions(), types=preprocessing.types, keep=keep,
    )  # fmt: skip
    preprocessing = chosen.naming_channels(preprocessing)
    datasets = []
    for place, (recording, changed) in enumerate(zip(recordings, chosen.raws, strict=True)):
        changed = changed if change is None else change(changed)
        epochs = preprocessing.epochs(changed, pairs or _all_but_rest(changed))
        dropped = sum(bool(reasons) for reasons in epochs.drop_log)
        if dropped:
            typer.echo(
                f"{recording.metadata['recording']}: {dropped} of {len(epochs.drop_log)} events "
                "are dropped because their windows are incomplete or marked bad",
                err=True,
            )
        dataset = EpochsDataset.from_epochs(
            epochs, check_signal, types=preprocessing.types, **recording.metadata
        )
        if target is not None and metadata is not None:
            onsets = dataset.groups("onset") - changed.first_time - epochs.tmin
            values = read_targets(
                metadata[place], target, onsets, epochs.selection, len(epochs.drop_log),
                changed.info["sfreq"],
            )  # fmt: skip
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


def _pairs(event_id: list[str] | None) -> dict[str, str]:
    pairs = {}
    for item in split("--event-id", event_id):
        label, equals, event = item.partition("=")
        if not (label and equals and event):
            raise ValueError(f"expected label=event pairs for --event-id, got {item!r}")
        if label in pairs:
            raise ValueError(f"expected different labels in --event-id, got {label!r} twice")
        pairs[label] = event
    return pairs


def _all_but_rest(recording: mne.io.BaseRaw) -> dict[str, str]:
    from eegzoo.data.reading.events import label_events

    _, codes = label_events(recording)
    return {name: name for name in codes if name != "rest"}


def _read(paths: list[Path]) -> list[Recording]:
    """Read files. Their subjects are not known, so each file counts as a subject."""
    from eegzoo.data.reading.read_recording import read_recording
    from eegzoo.data.reading.recording import Recording

    return [Recording(read_recording(path), subject=str(path)) for path in paths]


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
