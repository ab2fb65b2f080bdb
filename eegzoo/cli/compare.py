"""Command ``eegzoo compare``."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli import (
    channel_options,
    crossval,
    event_options,
    matching,
    people,
    preprocessing_options,
    reading_options,
    results,
    scores,
    settings,
    sources,
)
from eegzoo.cli import subjects as subjects_
from eegzoo.cli.compare_table import print_rows, write_rows
from eegzoo.cli.epochs_files import epochs_preprocessing
from eegzoo.cli.option_values import split

if TYPE_CHECKING:
    from eegzoo.data.windows.epochs_dataset import EpochsDataset
    from eegzoo.training.classifier import EEGClassifier

MODELS = ("eegnet", "shallow_convnet", "deep_convnet")
# Recipes of models that are named without one.
_PRETRAINED, _NEW = "finetune", "small"


def compare(
    models: Annotated[
        list[str] | None,
        typer.Option(
            help="Models: names from eegzoo list or of weights, or files of trained models "
            "(.safetensors), each with a recipe if need be: eegnet,labram.base@linear_probe,"
            "mine.safetensors. The others are compared with the first.",
            show_default=",".join(MODELS),
        ),
    ] = None,
    data: sources.Data = None,
    subjects: sources.Subjects = None,
    runs: sources.Runs = None,
    raw: sources.Raw = None,
    subject: subjects_.Subject = None,
    event_id: event_options.EventId = None,
    stim: event_options.Stim = None,
    stim_mask: event_options.StimMask = None,
    events_from: event_options.EventsFrom = None,
    annotations: event_options.Annotations = None,
    reader_option: reading_options.ReaderOption = None,
    truncated: reading_options.Truncated = "raise",
    channels: channel_options.Channels = None,
    exclude: channel_options.Exclude = None,
    types: channel_options.Types = None,
    bads: channel_options.Bads = "interpolate",
    rename: channel_options.Rename = None,
    tmin: preprocessing_options.TMin = 0.0,
    tmax: preprocessing_options.TMax = 4.0,
    l_freq: preprocessing_options.LFreq = "4.0",
    h_freq: preprocessing_options.HFreq = "38.0",
    scale: preprocessing_options.Scale = None,
    resample: preprocessing_options.Resample = None,
    notch: preprocessing_options.Notch = None,
    reference: preprocessing_options.Reference = None,
    preprocessing_file: preprocessing_options.File = None,
    check_signal: matching.CheckSignal = "raise",
    max_epochs: Annotated[
        int | None,
        typer.Option(help="Epochs of all models.", show_default="those of each recipe"),
    ] = None,
    device: settings.Device = "auto",
    protocol: people.Protocol = None,
    cv: Annotated[int, typer.Option(help="Number of folds of the cross-validation.")] = 5,
    groups: Annotated[
        str | None,
        typer.Option(
            help="Groups kept together in the folds, as for eegzoo train.",
            show_default="blocks and windows that overlap; others are shuffled",
        ),
    ] = None,
    seed: Annotated[int, sources.seed_option("Seed of folds, weights and simulated data.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="CSV or JSON file for the table.", show_default="none")
    ] = None,
) -> None:
    """Compare models on labelled recordings: the same windows, preprocessing and folds for all.

    The table has, for each model, the accuracy as the mean over people, the difference from the
    first model with its 95% interval, its p-value, the number of weights, the seconds to train a
    fold and the milliseconds to predict a window. With several people, the interval and the test
    are Student's for the differences by person; with one, they are the hybrid score interval and
    McNemar's test over windows. p-values are corrected for the number of models by Holm's method.

    A recipe follows a model's name after @. Without one, new models take small and pretrained ones
    and files finetune. A file's figures are those of new people only if it was not trained on the
    people of these recordings.

    For example:

    [bold]eegzoo compare --models "eegnet,shallow_convnet"[/]

    [bold]eegzoo compare --models "eegnet,labram.base@lora" --data eegbci --subjects 1,2,3
    --runs 6,10,14 --protocol leave-one-subject-out --out table.csv[/]
    """
    from eegzoo.data.windows.splits import CHOICES

    if out is not None and out.suffix not in (".csv", ".json"):
        raise ValueError(f"expected --out to end in .csv or .json, got {out}")
    results.check_outputs([out], [*(raw or []), *(annotations or [])])
    if cv < 2:
        raise ValueError(f"expected --cv of at least 2, got {cv}")
    if groups is not None and groups not in CHOICES:
        raise ValueError(f"expected --groups to be one of {', '.join(CHOICES)}, got {groups!r}")
    people.check_protocol(protocol, groups)
    given = preprocessing_options.PreprocessingOptions(
        tmin, tmax, l_freq, h_freq, scale, resample, notch, reference, None, None,
        preprocessing_file,
    )  # fmt: skip
    used = channel_options.ChannelOptions(channels, exclude, types, bads, rename)
    used.check()
    names = split("--models", models) or list(MODELS)
    estimators = {name: _estimator(name, max_epochs, device, check_signal, seed) for name in names}
    if len(estimators) < len(names) or len(names) < 2:
        raise ValueError(f"expected two different models at least in --models, got {names}")
    source = event_options.event_source(stim, stim_mask, events_from)
    preprocessing = given.preprocessing(used.chosen_types())
    if preprocessing_file is None:
        of_epochs = epochs_preprocessing(raw, tmin, tmax, preprocessing.types)
        preprocessing = of_epochs or preprocessing
    dataset = sources.load_windows(
        preprocessing, data, subjects, runs, raw, event_id, seed, check_signal,
        annotations=annotations, source=source, subject=subject, channels=used,
        read=reading_options.reader(reader_option, truncated),
    )  # fmt: skip
    typer.echo(f"{dataset!r}")
    folds = {"cv": cv, "groups": groups, **people.folds_of(protocol, dataset)}
    parts = list(crossval.folds(dataset, folds["cv"], folds["groups"], seed))
    rows = _rows(estimators, dataset, parts)
    print_rows(rows, folds, len(dataset.labels))
    if out is not None:
        described = {
            **folds, "protocol": protocol, "seed": seed, "preprocessing": preprocessing.to_dict(),
            "n_windows": len(dataset),
        }  # fmt: skip
        write_rows(out, rows, described)
        typer.echo(f"wrote {out}")


def _estimator(
    given: str, max_epochs: int | None, device: str, check_signal: str, seed: int
) -> EEGClassifier:
    """Return an untrained estimator for a name with or without a recipe."""
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.training.finetuning.pretrained_model import is_weights

    name, _, recipe = given.partition("@")
    recipe = recipe or (_PRETRAINED if is_weights(name) else _NEW)
    model = _model_in(Path(name)) if name.endswith(".safetensors") else name
    estimator = EEGClassifier(
        model, recipe=recipe, max_epochs=max_epochs, device=device, check_signal=check_signal,
        random_state=seed,
    )  # fmt: skip
    estimator.check_parameters()
    return estimator


def _model_in(path: Path) -> Any:
    """Return the weights in a file with a card, or the model in another file."""
    from eegzoo.models.saving import load_model, read_metadata
    from eegzoo.weights.catalogue import weights_in

    return weights_in(path) if "card" in read_metadata(path)["extra"] else load_model(path)


def _rows(
    estimators: dict[str, EEGClassifier], dataset: EpochsDataset, parts: list[tuple[Any, Any]]
) -> list[dict[str, Any]]:
    """Cross-validate each model on the same folds, and return a row for each."""
    import numpy as np

    from eegzoo.data.windows.timeline import timeline_of
    from eegzoo.report.comparison.several_models import compare_models

    predictions, costs = {}, {}
    for name, estimator in estimators.items():
        typer.echo(f"{name}:")
        fitted: list[Any] = []
        start = time.perf_counter()
        _, scored, predicted = crossval.cross_validate(
            estimator, dataset, dataset.labels, parts, scores.class_scores,
            people.PeopleOptions(), fitted,
        )  # fmt: skip
        seconds = time.perf_counter() - start
        few = dataset.subset(np.arange(min(64, len(dataset))))
        start = time.perf_counter()
        fitted[-1].predict(few)
        latency = time.perf_counter() - start
        predictions[name] = predicted
        costs[name] = {
            "parameters": sum(weight.numel() for weight in fitted[-1].model_.parameters()),
            "seconds_per_fold": (seconds - latency) / len(parts),
            "ms_per_window": 1e3 * latency / len(few),
        }
    tested = dataset.subset(scored)
    who = tested.metadata.get("subject", np.zeros(len(tested), int))
    rows = compare_models(tested.labels, predictions, who, timeline_of(tested))
    return [{**dataclasses.asdict(row), **costs[row.name]} for row in rows]
