"""Command ``eegzoo train``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli import (
    channel_options,
    event_options,
    matching,
    people,
    preprocessing_options,
    reading_options,
    report_evidence,
    results,
    settings,
    sources,
    store_options,
    targets,
    train_run,
)
from eegzoo.cli import subjects as subjects_
from eegzoo.cli.completion import complete_models
from eegzoo.cli.epochs_files import epochs_preprocessing

if TYPE_CHECKING:
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.training.regressor import EEGRegressor


def train(
    context: typer.Context,
    data: sources.Data = None,
    subjects: sources.Subjects = None,
    runs: sources.Runs = None,
    raw: sources.Raw = None,
    store: store_options.Store = None,
    cache_gb: store_options.CacheGb = 10.0,
    storage_option: store_options.StorageOption = None,
    subject: subjects_.Subject = None,
    event_id: event_options.EventId = None,
    stim: event_options.Stim = None,
    stim_mask: event_options.StimMask = None,
    events_from: event_options.EventsFrom = None,
    annotations: event_options.Annotations = None,
    stages: event_options.Stages = False,
    target: targets.Target = None,
    metadata: targets.Metadata = None,
    reader_option: reading_options.ReaderOption = None,
    truncated: reading_options.Truncated = "raise",
    channels: channel_options.Channels = None,
    exclude: channel_options.Exclude = None,
    types: channel_options.Types = None,
    bads: channel_options.Bads = "interpolate",
    rename: channel_options.Rename = None,
    tmin: preprocessing_options.TMin = 0.0,
    tmax: preprocessing_options.TMax = 4.0,
    window: event_options.Window = None,
    stride: event_options.Stride = None,
    l_freq: preprocessing_options.LFreq = "4.0",
    h_freq: preprocessing_options.HFreq = "38.0",
    scale: preprocessing_options.Scale = None,
    resample: preprocessing_options.Resample = None,
    notch: preprocessing_options.Notch = None,
    reference: preprocessing_options.Reference = None,
    preprocessing_file: preprocessing_options.File = None,
    print_preprocessing: preprocessing_options.Print = False,
    check_signal: matching.CheckSignal = "raise",
    model: Annotated[
        str,
        typer.Option(
            help="Name from eegzoo list, or module:Class.", autocompletion=complete_models
        ),
    ] = "eegnet",
    recipe: settings.RecipeName = "small",
    align: settings.Align = None,
    causal: settings.Causal = False,
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
    conv_l2: settings.ConvL2 = None,
    ema: settings.Ema = None,
    validation: settings.Validation = None,
    patience: settings.Patience = None,
    class_weight: settings.ClassWeight = None,
    people_per_batch: settings.PeoplePerBatch = None,
    feature_drop_prob: settings.FeatureDropProb = None,
    calibration: settings.Calibration = None,
    adapt: people.Adapt = False,
    adapt_first: people.AdaptFirst = None,
    calibrate: people.Calibrate = 0,
    protocol: people.Protocol = None,
    precision: settings.Precision = "float32",
    compile: settings.Compile = False,
    checkpoint: settings.CheckpointFolder = None,
    checkpoint_every: settings.CheckpointEvery = None,
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
    report: Annotated[
        Path | None, typer.Option(help="HTML file for a report.", show_default="none")
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

    [bold]eegzoo train --raw a.edf --channels "Fz,C*" --reference average --notch 50[/]

    [bold]eegzoo train --raw a.edf --causal --out stream.safetensors[/]

    [bold]eegzoo train --raw a.edf --metadata a_events.tsv --target response_time[/]

    [bold]eegzoo train --store s3://bucket/corpus --groups subject[/]
    """
    from eegzoo.data.preprocessing.causal_form import as_causal
    from eegzoo.data.windows.splits import CHOICES
    from eegzoo.files import check_writable_folder
    from eegzoo.models.zoo import find_entry
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.training.inputs.stored.blocks import BlockSampler
    from eegzoo.training.parallel.launch import relaunch
    from eegzoo.training.parallel.main_output import quiet_unless_main
    from eegzoo.training.parallel.processes import is_launched, join_processes, leave_processes
    from eegzoo.training.regressor import EEGRegressor

    if store is not None:
        store_options.check_alone(context)
    if stages and window is None:
        window = 30.0
    given = preprocessing_options.PreprocessingOptions(
        tmin,
        tmax,
        l_freq,
        h_freq,
        scale,
        resample,
        notch,
        reference,
        window,
        stride,
        preprocessing_file,
    )
    used = channel_options.ChannelOptions(channels, exclude, types, bads, rename)
    used.check()
    preprocessing = given.preprocessing(used.chosen_types())
    if causal:
        preprocessing = as_causal(preprocessing)
    if print_preprocessing:
        typer.echo(preprocessing_options.as_json(preprocessing))
        return
    find_entry(model)
    results.check_outputs(
        [out, report, json], [*(raw or []), *(metadata or []), *(annotations or [])]
    )
    if checkpoint is not None:
        if not checkpoint.strip():
            raise ValueError(f"expected --checkpoint to be a folder, got {checkpoint!r}")
        check_writable_folder(checkpoint)
    if cv < 2:
        raise ValueError(f"expected --cv of at least 2, got {cv}")
    if groups is not None and groups not in CHOICES:
        raise ValueError(f"expected --groups to be one of {', '.join(CHOICES)}, got {groups!r}")
    people.check_protocol(protocol, groups)
    people.PeopleOptions(adapt, adapt_first, calibrate).check(is_classifier=target is None)
    targets.check_options(target, metadata)
    source = event_options.event_source(stim, stim_mask, events_from)
    options: dict[str, Any] = {
        "recipe": recipe, "align": align, "normalize": normalize,
        "crop_length": settings.crop_length(crop_length), "n_crops": n_crops,
        "augment": settings.augment(augment), "max_epochs": max_epochs, "batch_size": batch_size,
        "lr": lr, "warmup": warmup, "weight_decay": weight_decay, "clip_norm": clip_norm,
        "conv_l2": conv_l2, "ema": ema, "validation": validation, "patience": patience,
        "precision": precision, "compile": compile, "checkpoint": checkpoint, "device": device,
        "checkpoint_every": checkpoint_every,
        "check_signal": check_signal, "random_state": seed, "verbose": verbose,
        "people_per_batch": people_per_batch, "feature_drop_prob": feature_drop_prob,
    }  # fmt: skip
    estimator: EEGClassifier | EEGRegressor
    if target is None:
        estimator = EEGClassifier(
            model, class_weight=class_weight, calibration=calibration, causal=causal, **options
        )
    elif causal:
        raise ValueError("expected --causal without --target, because streams have classes")
    elif class_weight is None:
        if calibration is not None:
            raise ValueError(f"expected --calibration without --target, got {calibration}")
        estimator = EEGRegressor(model, **options)
    else:
        raise ValueError(f"expected --class-weight without --target, got {class_weight}")
    if store is not None:
        estimator.set_params(sampler=BlockSampler())
    estimator.check_parameters()
    if devices != 1 and not is_launched():
        raise typer.Exit(relaunch(devices, sys.argv[1:], device))
    read = reading_options.reader(reader_option, truncated)
    if preprocessing_file is None:
        of_epochs = epochs_preprocessing(raw, tmin, tmax, preprocessing.types)
        preprocessing = of_epochs or preprocessing
    run = {
        "data": data if data or raw or store else "simulated", "store": store,
        "subjects": subjects, "runs": runs,
        "raw": [str(path) for path in raw or []], "subject": subject, "target": target,
        "metadata": [str(path) for path in metadata or []], "cv": cv, "groups": groups,
        "seed": seed, "seeds": seeds, "adapt": adapt, "adapt_first": adapt_first,
        "calibrate": calibrate, "protocol": protocol, "causal": causal,
    }  # fmt: skip
    seen = None if report is None else report_evidence.Recordings()
    process = join_processes(device)
    with quiet_unless_main(process):
        opened = (
            None if store is None else store_options.open_store(store, cache_gb, storage_option)
        )
        dataset = opened.dataset() if opened is not None else sources.load_windows(
            preprocessing, data, subjects, runs, raw, event_id, seed, check_signal,
            target=target, metadata=metadata, annotations=annotations, source=source, read=read,
            subject=subject, channels=used, seen=None if seen is None else seen.add,
            stage_seconds=window if stages else None,
        )  # fmt: skip
        preprocessing = (
            preprocessing_options.naming_channels(preprocessing, dataset)
            if opened is None
            else opened.preprocessing
        )
        typer.echo(f"{model} on {dataset!r}")
        if verbose > 1:
            typer.echo(preprocessing.as_mne_code())
        train_run.run(
            estimator, dataset, preprocessing, run, out, json, (report, seen),
            writes=process.is_main, event_id=event_options.parse_event_id(event_id),
        )  # fmt: skip
    leave_processes()
