"""Nights of ``eegzoo evaluate``: a model against a scorer, and two scorers against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli import channel_options, matching, results
from eegzoo.cli.completion import complete_trained
from eegzoo.cli.event_options import spoken
from eegzoo.cli.night_tables import print_agreement
from eegzoo.cli.trained import epoch_of

if TYPE_CHECKING:
    import mne
    import numpy as np
    import numpy.typing as npt

    from eegzoo.cli.trained import Trained
    from eegzoo.data.reading.label_files.scoring import Scoring
    from eegzoo.sleep.scorings.scored_windows import ScoredWindows, Staging

ModelOrNone = Annotated[
    str | None,
    typer.Argument(
        help="File saved by eegzoo train, or name of trained weights; none with --against.",
        show_default=False,
        autocompletion=complete_trained,
    ),
]
Against = Annotated[
    list[Path] | None,
    typer.Option(
        help="Second scorings of nights, one for each --annotations, to compare with them.",
        show_default="none",
    ),
]
EpochSeconds = Annotated[
    float | None,
    typer.Option(
        help="Duration of a stage in label files without times.",
        show_default="30 s, or what fills the recording",
    ),
]
_ALL, _PURE, _MIXED = "windows of 30 s", "windows of one stage", "mixed windows"
_EPOCHS = "the scorer's epochs, each in the middle of a window"


def is_of_sleep(trained: Trained, raw: Sequence[Path] | None) -> bool:
    """Return whether a model stages windows of 30 s, and files are recordings, not epochs."""
    from eegzoo.data.reading.label_files.stages import aasm_stage
    from eegzoo.data.reading.read_epochs import is_epochs_file
    from eegzoo.sleep.scorings.scored_windows import WINDOW_SECONDS
    from eegzoo.training.targets.targets import Classes

    if not raw or trained.targets is not Classes or trained.signal is None:
        return False
    seconds = trained.signal.n_times / trained.signal.sfreq
    if abs(seconds - WINDOW_SECONDS) > 1.5 / trained.signal.sfreq or any(map(is_epochs_file, raw)):
        return False
    labels = [str(label) for label in getattr(trained.load(), "classes_", ())]
    # Codes of stim channels are numbers as well.
    return not all(label.isdigit() for label in labels) and all(map(aasm_stage, labels))


def refuse(model: str, **options: Any) -> None:
    """Raise an error for options that have no meaning for a model of sleep stages."""
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value]
    if given:
        raise ValueError(f"expected nights for {model}, which takes no {', '.join(given)}")


def is_stager(name: str) -> bool:
    """Return whether a model is the name of a network that stages any night."""
    from eegzoo.cli.trained import is_file
    from eegzoo.models.zoo import list_models

    return not is_file(name) and name.partition(".")[0] in list_models(task="sleep")


def refuse_stager(name: str, instead: str) -> None:
    """Raise an error if a model stages whole nights, with what to use for it instead.

    Its signal processing, which may need the whole night, is that of `eegzoo.sleep`.
    """
    from eegzoo.sleep.stagers.load_stager import MEAN_OF_ALL
    from eegzoo.weights.catalogue import list_weights

    # A name that is misspelt gets the nearest one elsewhere.
    if is_stager(name) and (name == MEAN_OF_ALL or name in list_weights()):
        raise ValueError(
            f"expected a model of windows, got {name}, which stages whole "
            f"nights with its own signal processing; {instead}"
        )


def evaluate_stager(
    name: str,
    raw: Sequence[Path],
    read: Callable[[Path], Any],
    annotations: Sequence[Path] | None,
    epoch_seconds: float | None,
    channels: Sequence[str] | None,
    json: Path | None,
) -> None:
    """Stage nights by a network that chooses their derivations, and print its agreement."""
    from eegzoo.cli.option_values import split
    from eegzoo.sleep.stagers.load_stager import load_stager
    from eegzoo.sleep.staging import stage

    if not raw:
        raise ValueError(f"expected nights with --raw for {name}, got none")
    results.check_outputs([json], [*raw, *(annotations or [])])
    stager = load_stager(name)
    derivations = split("--channels", channels) or None

    def staging(recording: mne.io.BaseRaw) -> tuple[Any, Any]:
        hypnogram = stage(recording, stager, channels=derivations)
        return hypnogram.onsets, hypnogram.stages

    found = evaluate_nights(staging, raw, [read(path) for path in raw], annotations, epoch_seconds)
    if json is not None:
        results.write_json(json, {**found, "model": name})


def evaluate_model(
    trained: Trained,
    raw: Sequence[Path],
    read: Callable[[Path], Any],
    annotations: Sequence[Path] | None,
    epoch_seconds: float | None,
    options: channel_options.ChannelOptions,
    resample: bool,
    missing: str,
    check_signal: str,
    json: Path | None,
) -> None:
    """Stage nights by a model, and print how well it agrees with their scorings."""
    from eegzoo.data.windows.epochs_dataset import EpochsDataset

    recordings = [read(path) for path in raw]
    chosen = channel_options.choose(
        [(str(path), each) for path, each in zip(raw, recordings, strict=True)], options,
        types=trained.preprocessing.types, keep=matching.channels_of(trained),
    )  # fmt: skip
    preprocessing = chosen.naming_channels(matching.resampling(trained, resample))
    estimator: Any = trained.load().set_params(check_signal=check_signal)

    def staging(recording: mne.io.BaseRaw) -> tuple[Any, Any]:
        windows = preprocessing.windows(recording)
        dataset = EpochsDataset.from_epochs(windows, check_signal, types=preprocessing.types)
        onset = dataset.groups("onset") - recording.first_time
        return onset, estimator.predict(matching.aligned(dataset, trained, missing))

    found = evaluate_nights(staging, raw, chosen.raws, annotations, epoch_seconds)
    chosen.report()
    typer.echo(f"epoch: {epoch_of(trained.name)}")
    if json is not None:
        results.write_json(json, {**found, "model": trained.name, "epoch": epoch_of(trained.name)})


def evaluate_nights(
    staging: Staging,
    paths: Sequence[Path],
    recordings: Sequence[mne.io.BaseRaw],
    annotations: Sequence[Path] | None,
    epoch_seconds: float | None,
) -> dict[str, Any]:
    """Stage nights, print how well the stages agree with the scorings, and return it for JSON.

    Parameters
    ----------
    staging : callable
        As in `eegzoo.sleep.compare_staging`.
    paths, recordings : sequence
        Files, and the recordings in them.
    annotations : sequence of Path | None
        Label file of each. None: the annotations of the recordings.
    epoch_seconds : float | None
        As in `read_label_file`.
    """
    from eegzoo.sleep.scorings.compare_nights import compare_nights

    if annotations and len(annotations) != len(paths):
        raise ValueError(
            f"expected one --annotations for each of {len(paths)} --raw, got {len(annotations)}"
        )
    windows: dict[str, ScoredWindows] = {}
    epochs: dict[str, ScoredWindows] = {}
    grids = {}
    names, scorings = _names(paths), []

    def nights() -> Iterator[tuple[Any, Scoring]]:
        for place, (name, recording) in enumerate(zip(names, recordings, strict=True)):
            labels = annotations[place] if annotations else None
            with spoken(name):
                scorings.append(_scoring(labels, recording, epoch_seconds, paths[place]))
            yield recording, scorings[-1]

    compared = compare_nights(staging, nights())
    for name, (windows[name], on_grid), scoring in zip(names, compared, scorings, strict=True):
        if on_grid is not None:
            epochs[name] = on_grid
        grids[name] = {
            "epoch_seconds": scoring.epoch_seconds, "offset_seconds": scoring.offset_seconds,
        }  # fmt: skip
        typer.echo(
            f"{name}: scored in epochs of {scoring.epoch_seconds:g} s from "
            f"{scoring.offset_seconds:g} s on"
        )
    shown = {"scorers_epochs": grids, "windows": _shown(_ALL, windows)}
    if epochs:
        pure = {name: each.subset(each.pure) for name, each in windows.items()}
        mixed = {name: each.subset(~each.pure) for name, each in windows.items()}
        shown["windows_of_one_stage"] = _shown(_PURE, pure)
        shown["mixed_windows"] = _shown(_MIXED, mixed)
        shown["centred_on_scorers_epochs"] = _shown(_EPOCHS, epochs)
    return shown


def evaluate_scorings(
    model: str | None,
    raw: Sequence[Path] | None,
    read: Callable[[Path], Any],
    annotations: Sequence[Path] | None,
    against: Sequence[Path] | None,
    epoch_seconds: float | None,
    json: Path | None,
) -> None:
    """Print how well two scorings of nights agree."""
    from eegzoo.sleep.scorings.scored_windows import compare_scorings

    if not against:
        raise ValueError("expected a MODEL, or --against for two scorings, got neither")
    if model is not None:
        raise ValueError(f"expected a model or --against, got both {model} and --against")
    if len(annotations or []) != len(against):
        raise ValueError(
            f"expected one --annotations for each of {len(against)} --against, got "
            f"{len(annotations or [])}"
        )
    if raw and len(raw) != len(against):
        raise ValueError(f"expected one --raw for each of {len(against)} --against, got {len(raw)}")
    results.check_outputs([json], [*(annotations or []), *against, *(raw or [])])
    pairs = {}
    for place, name in enumerate(_names(raw or annotations or [])):
        recording = read(raw[place]) if raw else None
        with spoken(name):
            one, other = (
                _scoring(paths[place], recording, epoch_seconds, paths[place])
                for paths in (annotations or [], against)
            )
            pairs[name] = compare_scorings(one, other)
    found = _shown("epochs of --annotations", pairs)
    if json is not None:
        results.write_json(json, {"epochs": found})


def _scoring(
    labels: Path | None, recording: Any, epoch_seconds: float | None, path: Path
) -> Scoring:
    from eegzoo.data.reading.label_files.read_scoring import read_scoring, scoring_of

    if labels is None:
        return scoring_of(recording, str(path))
    return read_scoring(labels, recording, epoch_seconds=epoch_seconds)


def _shown(what: str, nights: dict[str, ScoredWindows]) -> dict[str, Any] | None:
    """Print the agreement in windows of nights, and return it for JSON; None without windows."""
    import numpy as np

    from eegzoo.sleep.scorings.night_agreement import agreement_over_nights

    true, predicted = (
        np.concatenate([getattr(each, side) for each in nights.values()])
        for side in ("true", "predicted")
    )
    if not _scored(true, predicted).any():
        if what == _ALL:
            raise ValueError(f"expected {what} that both score, got none of {len(true)}")
        typer.echo(f"{what}: none is scored by both")
        return None
    night = np.repeat(list(nights), [len(each) for each in nights.values()])
    found = agreement_over_nights(true, predicted, night)
    print_agreement(what, found)
    return found.to_dict()


def _scored(true: npt.NDArray[np.str_], predicted: npt.NDArray[np.str_]) -> Any:
    return (true != "?") & (predicted != "?")


def _names(paths: Sequence[Path]) -> list[str]:
    """Return the names of files, or their paths if two have the same name."""
    names = [path.name for path in paths]
    return names if len(set(names)) == len(names) else [str(path) for path in paths]
