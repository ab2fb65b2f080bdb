"""Command ``eegzoo embed``."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli import channel_options, matching, reading_options, results, workers
from eegzoo.cli.completion import complete_pretrained
from eegzoo.cli.feature_files import check_suffix, write_features
from eegzoo.cli.trained import find_trained, model_files

if TYPE_CHECKING:
    from eegzoo.weights.foundation.checkpoints import FoundationWeights

_SECONDS = 4.0  # of a window, for models that take any length


@dataclasses.dataclass(frozen=True)
class Windows:
    """Options about windows and channels."""

    seconds: float | None
    step_seconds: float | None
    montage: str | None
    weights_file: Path | None
    missing: str
    resample: bool
    check_signal: str
    channels: channel_options.ChannelOptions


def embed(
    model: Annotated[
        str,
        typer.Argument(
            help="File saved by eegzoo train, or name of trained weights.",
            autocompletion=complete_pretrained,
        ),
    ],
    recordings: Annotated[
        list[Path], typer.Argument(help="Recordings, in any format that MNE reads.")
    ],
    out: Annotated[Path, typer.Option(help="File for the features: .npy or .parquet.")],
    seconds: Annotated[
        float | None,
        typer.Option(
            help="Length of a window, for foundation models. Others have their own.",
            show_default=f"{_SECONDS:g}",
        ),
    ] = None,
    step_seconds: Annotated[
        float | None,
        typer.Option(help="Seconds between window starts.", show_default="the length of a window"),
    ] = None,
    montage: Annotated[
        str | None,
        typer.Option(
            help="Positions of numbered channels, such as GSN-HydroCel-128, for foundation models.",
            show_default="none",
        ),
    ] = None,
    weights_file: Annotated[
        Path | None,
        typer.Option(help="File of the pretrained weights.", show_default="fetched, or the cache"),
    ] = None,
    jobs: workers.Jobs = None,
    cluster: workers.Cluster = None,
    reader_option: reading_options.ReaderOption = None,
    truncated: reading_options.Truncated = "raise",
    missing: matching.Missing = "raise",
    resample: matching.Resample = False,
    check_signal: matching.CheckSignal = "raise",
    channels: channel_options.Channels = None,
    exclude: channel_options.Exclude = None,
    types: channel_options.Types = None,
    bads: channel_options.Bads = "interpolate",
    rename: channel_options.Rename = None,
    scale: channel_options.Scale = None,
) -> None:
    """Compute the features of every window of recordings, which a model's head would classify.

    A foundation model takes the channels that it knows, by the plan that is printed, and windows
    of any length within its limits. Its recordings are resampled, and not filtered: filter them as
    its page says. A trained model has its own preprocessing, channels and windows.

    FEATURES.npy has a row for each window; FEATURES.csv beside it has the recording and the onset
    of each row in seconds. A file FEATURES.parquet has all of it, in the columns recording, onset,
    f0, f1 and so on.

    For example:

    [bold]eegzoo embed labram.base recording.edf --seconds 4 --out features.npy[/]

    [bold]eegzoo embed model.safetensors a.edf b.edf --out features.parquet --jobs 2[/]
    """
    import numpy as np

    from eegzoo.weights.foundation.catalogue import find_foundation_weights
    from eegzoo.weights.foundation.names import NAMES

    workers.check(jobs, cluster)
    table = check_suffix(out)
    results.check_outputs([out, table], [*recordings, *model_files(model)])
    matching.check_options(missing, check_signal)
    used = channel_options.ChannelOptions(channels, exclude, types, bads, rename, scale)
    used.check()
    given = Windows(
        seconds, step_seconds, montage, weights_file, missing, resample, check_signal, used
    )
    read = reading_options.reader(reader_option, truncated)
    raws = [(str(path), read(path)) for path in recordings]
    with workers.joblib_on(cluster, jobs):
        if model in NAMES:
            parts = _pretrained(find_foundation_weights(model), raws, given)
        else:
            parts = _trained(model, raws, given)
    names = [name for (name, _), (_, onsets) in zip(raws, parts, strict=True) for _ in onsets]
    features = np.concatenate([found for found, _ in parts])
    onsets = np.concatenate([found for _, found in parts])
    write_features(out, features, names, onsets.tolist())
    typer.echo(f"wrote {features.shape[1]} features of {len(features)} windows to {out}")


def _trained(model: str, raws: list[tuple[str, Any]], given: Windows) -> list[tuple[Any, Any]]:
    """Return features and onsets of each recording, from an estimator with its preprocessing."""
    from eegzoo.weights.channels.contracts import contract_of
    from eegzoo.weights.channels.planning import plan_channels

    for name in ("seconds", "montage", "weights_file"):
        if getattr(given, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise ValueError(f"expected {option} with a foundation model, got it with {model}")
    trained = find_trained(model)
    chosen = channel_options.choose(
        raws, given.channels, types=trained.preprocessing.types, keep=matching.channels_of(trained)
    )
    preprocessing = chosen.naming_channels(matching.resampling(trained, given.resample))
    if trained.weights is not None:
        name, contract = contract_of(trained.weights)
        info = chosen.raws[0].info
        plan = plan_channels(name, contract, info["ch_names"], info["sfreq"], missing=given.missing)
        typer.echo("\n".join(plan.summary()), err=True)
    chosen.report()
    return _computed(partial(_by_estimator, model, preprocessing, given), chosen.raws)


def _by_estimator(model: str, preprocessing: Any, given: Windows, raw: Any) -> tuple[Any, Any]:
    """Return features and onsets of a recording."""
    from eegzoo.data.windows.epochs_dataset import EpochsDataset

    trained, estimator = _estimator(model)
    epochs = preprocessing.windows(raw, given.step_seconds)
    dataset = EpochsDataset.from_epochs(epochs, given.check_signal, types=preprocessing.types)
    dataset = matching.aligned(dataset, trained, given.missing)
    estimator.set_params(check_signal=given.check_signal)
    return estimator.transform(dataset), _onsets(epochs, raw)


@lru_cache(maxsize=1)
def _estimator(model: str) -> tuple[Any, Any]:
    """Return a trained model, which stays in memory for the next recording of this process."""
    trained = find_trained(model)
    return trained, trained.load()


def _pretrained(
    weights: FoundationWeights, raws: list[tuple[str, Any]], given: Windows
) -> list[tuple[Any, Any]]:
    """Return features and onsets of each recording, from a foundation model."""
    from eegzoo.data.preprocessing.window_steps import Epoch
    from eegzoo.weights.channels.planning import plan_channels

    chosen = channel_options.choose(raws, given.channels, types=("eeg",))
    chosen.report()
    window = Epoch(0.0, seconds=_SECONDS if given.seconds is None else given.seconds)
    planned: list[tuple[Any, Any]] = []
    for name, raw, choice in zip(chosen.names, chosen.raws, chosen.choices, strict=True):
        raw = raw.copy().pick(list(choice.final_names), verbose="ERROR")
        sfreq = float(raw.info["sfreq"])
        plan = plan_channels(
            weights.name, weights.contract, raw.ch_names, sfreq, n_times=window.n_times(sfreq),
            montage=given.montage,
        )  # fmt: skip
        plan.check()
        typer.echo(f"{name}\n{plan}" if not planned else f"{name}: {plan.summary()[0]}", err=True)
        planned.append((raw, plan))
    return _computed(partial(_by_foundation_model, weights.name, window, given), planned)


def _by_foundation_model(
    name: str, window: Any, given: Windows, planned: tuple[Any, Any]
) -> tuple[Any, Any]:
    """Return features and onsets of a recording, whose channels a plan maps to those of a model."""
    import torch

    from eegzoo.data.preprocessing.preprocessing import Preprocessing
    from eegzoo.data.windows.epochs_dataset import EpochsDataset
    from eegzoo.training.prediction import compute_outputs

    raw, plan = planned
    made = plan.apply(raw.load_data(verbose="ERROR"))
    model = _foundation_model(
        name, tuple(made.ch_names), window.n_times(made.info["sfreq"]), given.weights_file
    )
    epochs = Preprocessing([window], bads="keep").windows(made, given.step_seconds)
    dataset = EpochsDataset.from_epochs(epochs, given.check_signal)
    with torch.inference_mode():
        features = compute_outputs(
            model, dataset.X, lambda found: found.mean(dim=1), 1, compute=model.features
        )
    return features.numpy(), _onsets(epochs, made)


@lru_cache(maxsize=4)
def _foundation_model(name: str, ch_names: tuple[str, ...], n_times: int, path: Path | None) -> Any:
    """Return a model, which stays in memory for the next recording of this process."""
    from eegzoo.weights.foundation.catalogue import find_foundation_weights

    return find_foundation_weights(name).load(
        ch_names=ch_names, n_times=n_times, n_outputs=1, path=path
    )


def _computed(compute: Any, recordings: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return features and onsets of each recording, computed by joblib's workers."""
    from eegzoo.data.tasks.outcome import results_in_order
    from eegzoo.data.tasks.run_tasks import run_tasks

    return list(results_in_order(run_tasks(compute, recordings)))


def _onsets(epochs: Any, raw: Any) -> Any:
    return epochs.events[:, 0] / epochs.info["sfreq"] + epochs.tmin - raw.first_time
