"""Command ``eegzoo train``."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli import (
    crossval,
    event_options,
    matching,
    reading_options,
    results,
    scores,
    settings,
    sources,
    targets,
)
from eegzoo.cli import subjects as subjects_
from eegzoo.cli.epochs_files import epochs_preprocessing

if TYPE_CHECKING:
    from eegzoo.data.preprocessing.preprocessing import Preprocessing
    from eegzoo.data.windows.epochs_dataset import EpochsDataset
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.training.regressor import EEGRegressor


def train(
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
    target: targets.Target = None,
    metadata: targets.Metadata = None,
    reader_option: reading_options.ReaderOption = None,
    truncated: reading_options.Truncated = "raise",
    tmin: Annotated[float, typer.Option(help="Start of a window in seconds from its event.")] = 0.0,
    tmax: Annotated[float, typer.Option(help="End of a window in seconds from its event.")] = 4.0,
    window: event_options.Window = None,
    stride: event_options.Stride = None,
    l_freq: Annotated[float, typer.Option(help="Lower edge of the band-pass filter in Hz.")] = 4.0,
    h_freq: Annotated[float, typer.Option(help="Upper edge of the band-pass filter in Hz.")] = 38.0,
    check_signal: matching.CheckSignal = "raise",
    model: Annotated[str, typer.Option(help="Name from eegzoo list, or module:Class.")] = "eegnet",
    recipe: settings.RecipeName = "small",
    normalize: settings.Normalize = None,
    crop_length: settings.CropLength = None,
    n_crops: settings.NCrops = None,
    augment: settings.Augment = None,
    max_epochs: settings.MaxEpochs = None,
    batch_size: settings.BatchSize = None,
    lr: settings.LearningRate = None,
    warmup: settings.Warmup = None,
    weight_decay: settings.WeightDecay = None,
    clip_norm: settings.ClipNorm = None,
    ema: settings.Ema = None,
    validation: settings.Validation = None,
    patience: settings.Patience = None,
    class_weight: settings.ClassWeight = None,
    precision: settings.Precision = "float32",
    compile: settings.Compile = False,
    checkpoint: settings.CheckpointFolder = None,
    device: settings.Device = "auto",
    devices: settings.Devices = 1,
    verbose: settings.Verbose = 1,
    cv: Annotated[int, typer.Option(help="Number of folds of the cross-validation.")] = 5,
    groups: Annotated[
        str | None,
        typer.Option(
            help="Groups kept together in the folds: subject, session, recording (or run), block "
            "or trial.",
            show_default="blocks and windows that overlap; others are shuffled",
        ),
    ] = None,
    seed: Annotated[
        int, sources.seed_option("Seed of folds, weights, crops and simulated data.")
    ] = 0,
    seeds: Annotated[
        int, typer.Option(min=1, help="Number of cross-validations, with seeds from --seed on.")
    ] = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="File for a model trained on all windows.", show_default="none"),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(help="JSON file for the results.", show_default="none")
    ] = None,
) -> None:
    """Cross-validate a model; with --out, also train it on all windows and save it.

    Without --data and --raw, the data are a simulated recording of imagined movements. A
    classifier learns the labels of the events; with --target and --metadata, a regressor learns
    numbers from a table. Ctrl-C ends the command. If it had --checkpoint, running it again resumes
    the training after the last finished epoch.

    For example:

    [bold]eegzoo train[/]

    [bold]eegzoo train --data eegbci --subjects 1 --runs 6,10,14 --out model.safetensors[/]

    [bold]eegzoo train --raw a.edf --raw b.edf --event-id left=1,right=2 --tmax 3[/]

    [bold]eegzoo train --raw a.edf --metadata a_events.tsv --target response_time[/]
    """
    from eegzoo.data.preprocessing.filter_steps import Filter
    from eegzoo.data.preprocessing.preprocessing import Preprocessing
    from eegzoo.data.windows.splits import CHOICES
    from eegzoo.files import check_writable_folder
    from eegzoo.models.zoo import find_entry
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.training.parallel.launch import relaunch
    from eegzoo.training.parallel.main_output import quiet_unless_main
    from eegzoo.training.parallel.processes import is_launched, join_processes, leave_processes
    from eegzoo.training.regressor import EEGRegressor

    find_entry(model)
    results.check_outputs([out, json], [*(raw or []), *(metadata or []), *(annotations or [])])
    if checkpoint is not None:
        if not checkpoint.strip():
            raise ValueError(f"expected --checkpoint to be a folder, got {checkpoint!r}")
        check_writable_folder(checkpoint)
    if cv < 2:
        raise ValueError(f"expected --cv of at least 2, got {cv}")
    if groups is not None and groups not in CHOICES:
        raise ValueError(f"expected --groups to be one of {', '.join(CHOICES)}, got {groups!r}")
    targets.check_options(target, metadata)
    source = event_options.event_source(stim, stim_mask, events_from)
    options: dict[str, Any] = {
        "recipe": recipe, "normalize": normalize,
        "crop_length": settings.crop_length(crop_length), "n_crops": n_crops,
        "augment": settings.augment(augment), "max_epochs": max_epochs, "batch_size": batch_size,
        "lr": lr, "warmup": warmup, "weight_decay": weight_decay, "clip_norm": clip_norm,
        "ema": ema, "validation": validation, "patience": patience, "precision": precision,
        "compile": compile, "checkpoint": checkpoint, "device": device,
        "check_signal": check_signal, "random_state": seed, "verbose": verbose,
    }  # fmt: skip
    estimator: EEGClassifier | EEGRegressor
    if target is None:
        estimator = EEGClassifier(model, class_weight=class_weight, **options)
    elif class_weight is None:
        estimator = EEGRegressor(model, **options)
    else:
        raise ValueError(f"expected --class-weight without --target, got {class_weight}")
    estimator.check_parameters()
    if devices != 1 and not is_launched():
        raise typer.Exit(relaunch(devices, sys.argv[1:], device))
    read = reading_options.reader(reader_option, truncated)
    preprocessing = epochs_preprocessing(raw, tmin, tmax) or Preprocessing(
        [Filter(l_freq, h_freq), event_options.window_step(tmin, tmax, window, stride)]
    )
    run = {
        "data": data if data or raw else "simulated", "subjects": subjects, "runs": runs,
        "raw": [str(path) for path in raw or []], "subject": subject, "target": target,
        "metadata": [str(path) for path in metadata or []], "cv": cv, "groups": groups,
        "seed": seed, "seeds": seeds,
    }  # fmt: skip
    process = join_processes(device)
    with quiet_unless_main(process):
        dataset = sources.load_windows(
            preprocessing, data, subjects, runs, raw, event_id, seed, check_signal,
            target=target, metadata=metadata, annotations=annotations, source=source, read=read,
            subject=subject,
        )  # fmt: skip
        typer.echo(f"{model} on {dataset!r}")
        _train(estimator, dataset, preprocessing, run, out, json, writes=process.is_main)
    leave_processes()


def _train(
    estimator: EEGClassifier | EEGRegressor,
    dataset: EpochsDataset,
    preprocessing: Preprocessing,
    run: dict[str, Any],
    out: Path | None,
    json: Path | None,
    writes: bool,
) -> None:
    """Cross-validate, print the results and save them if this process writes files."""
    from sklearn.base import clone

    from eegzoo import __version__
    from eegzoo.training.loop.history import epoch_choice

    is_classifier = run["target"] is None
    y = dataset.labels if is_classifier else dataset.groups("target")
    of_seeds: list[dict[str, Any]] = []
    for seed in range(run["seed"], run["seed"] + run["seeds"]):
        if run["seeds"] > 1:
            typer.echo(f"seed {seed}:")
        seeded = clone(estimator).set_params(random_state=seed)
        of_seeds.append(_cross_validate(seeded, dataset, y, {**run, "seed": seed}))
    found: dict[str, Any] = of_seeds[0]
    if run["seeds"] > 1:
        found = {"seeds": of_seeds, "mean_over_seeds": scores.print_seeds(of_seeds)}
    groups = run["groups"]
    if json is not None and writes:
        used = dataclasses.asdict(estimator.settings())
        split = (
            "shuffled windows; blocks and windows that overlap are kept together"
            if groups is None
            else f"folds that keep each {groups} together"
        )
        results.write_json(
            json,
            {
                **found,
                "run": {
                    **run, "model": estimator.model, "recipe": estimator.recipe, **used,
                    "augment": [str(item) for item in used["augment"]],
                    "class_weight": getattr(estimator, "class_weight", None),
                    "precision": estimator.precision, "preprocessing": preprocessing.to_dict(),
                    "version": __version__,
                    "split": f"stratified, {split}" if is_classifier else split,
                    "n_windows": len(dataset),
                },
            },
        )  # fmt: skip
    if out is not None:
        fitted = crossval.fit(estimator, dataset, y, "all windows")
        if writes:
            fitted.save(out, preprocessing)
        chosen = epoch_choice(fitted.history_, fitted.best_epoch_)
        typer.echo(f"saved {out}; weights of epoch {chosen}")


def _cross_validate(
    estimator: EEGClassifier | EEGRegressor, dataset: EpochsDataset, y: Any, run: dict[str, Any]
) -> dict[str, Any]:
    """Cross-validate with one seed, print the results, and return them for the JSON file."""
    is_classifier, groups = run["target"] is None, run["groups"]
    score = scores.class_scores if is_classifier else scores.number_scores
    parts = list(crossval.folds(dataset, run["cv"], groups, run["seed"], stratified=is_classifier))
    folds, predicted = crossval.cross_validate(estimator, dataset, y, parts, score)
    found: dict[str, Any]
    if is_classifier:
        found = _print_classes(dataset, folds, predicted, groups)
    else:
        found = _print_numbers(folds, groups)
    found["statistics"] = scores.report(
        dataset, y, predicted, numbers=not is_classifier, label="all folds: "
    )
    return found


def _print_classes(
    dataset: EpochsDataset, folds: list[dict[str, float]], predicted: Any, groups: str | None
) -> dict[str, Any]:
    """Print the confusion matrix and the mean accuracy, and return them for the JSON file."""
    matrix = crossval.confusion(dataset, predicted)
    results.print_confusion(matrix, dataset.classes)
    ((mean, std),) = scores.mean_and_std(folds).values()
    typer.echo(
        f"mean accuracy {mean:.3f} over {len(folds)} folds of {groups or 'window'}s "
        f"(std {std:.3f}; always predicting the commonest label: "
        f"{crossval.majority_share(dataset):.3f})"
    )
    return {
        "folds": [fold["accuracy"] for fold in folds],
        "mean": mean,
        "std": std,
        "confusion": {"labels": list(dataset.classes), "matrix": matrix},
    }


def _print_numbers(folds: list[dict[str, float]], groups: str | None) -> dict[str, Any]:
    """Print the mean scores of a regression, and return them for the JSON file."""
    found = scores.mean_and_std(folds)
    means, stds = ({name: pair[part] for name, pair in found.items()} for part in (0, 1))
    typer.echo(f"mean over {len(folds)} folds of {groups or 'window'}s: {scores.line(means)}")
    return {
        "folds": [scores.as_json(fold) for fold in folds],
        "mean": scores.as_json(means),
        "std": scores.as_json(stds),
    }
