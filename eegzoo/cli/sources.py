"""Options that select labelled windows, from a data set or from files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import mne

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
) -> EpochsDataset:
    """Return the windows that the options select, after `change` is applied to each recording."""
    from eegzoo.data.windows.epochs_dataset import EpochsDataset

    if raw and data is not None:
        raise ValueError("expected --data or --raw, got both")
    if raw and (subjects or runs):
        raise ValueError("expected --subjects and --runs with --data, not with --raw")
    recordings = _read(raw) if raw else _fetch(data or "simulated", subjects, runs, seed)
    pairs = _pairs(event_id)
    datasets = []
    for recording in recordings:
        raw = recording.raw if change is None else change(recording.raw)
        epochs = preprocessing.epochs(raw, pairs or _all_but_rest(raw))
        dropped = sum(bool(reasons) for reasons in epochs.drop_log)
        if dropped:
            typer.echo(
                f"{recording.metadata['recording']}: {dropped} of {len(epochs.drop_log)} events "
                "are dropped because their windows are incomplete or marked bad",
                err=True,
            )
        datasets.append(EpochsDataset.from_epochs(epochs, check_signal, **recording.metadata))
    return EpochsDataset.concatenate(datasets)


def split(values: Iterable[str] | None) -> list[str]:
    """Return the items of an option that accepts commas, repetition or both."""
    return [item.strip() for value in values or () for item in value.split(",") if item.strip()]


def _numbers(name: str, values: list[str] | None) -> list[int]:
    try:
        return [int(value) for value in split(values)]
    except ValueError:
        raise ValueError(f"expected numbers for --{name}, got {','.join(values or [])}") from None


def _pairs(event_id: list[str] | None) -> dict[str, str]:
    pairs = {}
    for item in split(event_id):
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
    data: str, subjects: list[str] | None, runs: list[str] | None, seed: int
) -> list[Recording]:
    from eegzoo.arguments import nearest
    from eegzoo.data.datasets.eegbci import fetch_eegbci
    from eegzoo.data.datasets.simulated import simulate_motor_imagery
    from eegzoo.data.reading.recording import Recording

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
