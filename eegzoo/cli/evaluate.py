"""Command ``eegzoo evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli import (
    channel_options,
    evaluate_sleep,
    event_options,
    matching,
    people,
    reading_options,
    results,
    scores,
    sources,
    store_options,
    targets,
    workers,
)
from eegzoo.cli import subjects as subjects_
from eegzoo.cli.trained import epoch_of, find_trained, fold_for, model_files
from eegzoo.cli.trained_windows import StoredWindows, WindowOptions

if TYPE_CHECKING:
    from eegzoo.cli.trained import Trained
    from eegzoo.data.windows.epochs_dataset import EpochsDataset
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.training.regressor import EEGRegressor


def evaluate(
    context: typer.Context,
    model: evaluate_sleep.ModelOrNone = None,
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
    against: evaluate_sleep.Against = None,
    epoch_seconds: evaluate_sleep.EpochSeconds = None,
    target: targets.Target = None,
    metadata: targets.Metadata = None,
    jobs: workers.Jobs = None,
    cluster: workers.Cluster = None,
    reader_option: reading_options.ReaderOption = None,
    truncated: reading_options.Truncated = "raise",
    seed: Annotated[int, sources.seed_option("Seed of the simulated recording.")] = 0,
    seeds: Annotated[
        int, typer.Option(min=1, help="Number of simulated recordings, with seeds from --seed on.")
    ] = 1,
    missing: matching.Missing = "raise",
    resample: matching.Resample = False,
    check_signal: matching.CheckSignal = "raise",
    align: matching.Align = None,
    adapt: people.Adapt = False,
    adapt_first: people.AdaptFirst = None,
    calibrate: Annotated[
        list[str] | None,
        typer.Option(
            help="Number of labelled windows of each person to fine-tune the head with; with "
            "several numbers, such as 0,5,10,20,40, the accuracy for each, with and without "
            "--adapt.",
            rich_help_panel="New people",
        ),
    ] = None,
    channels: channel_options.Channels = None,
    exclude: channel_options.Exclude = None,
    types: channel_options.Types = None,
    bads: channel_options.Bads = "interpolate",
    rename: channel_options.Rename = None,
    scale: channel_options.Scale = None,
    json: Annotated[Path | None, typer.Option(help="JSON file for the results.")] = None,
) -> None:
    """Evaluate a trained model on labelled recordings, preprocessed as in training.

    For a classifier, the score is the accuracy. For a regressor, --target and --metadata are
    required, and the scores are R2, the mean absolute error and the correlation. Each comes with
    an interval over people, or of one person over windows, and with what luck reaches once in
    twenty times. People worse than chance are named.

    A model of sleep stages stages whole nights, which are aligned with their scorings by the clock.
    Accuracy, kappa, macro-F1, F1 of each stage and the confusion matrix are given for each night
    and for all of them; windows of one stage and mixed ones apart, if the scorer's epochs are
    others than the windows. With --against instead of a model, two scorings are compared.

    Without --event-id, events are those that had the labels in the training, or are named like
    the labels.

    The name of a family of folds selects a fold that was not trained on the subjects. A warning
    on standard error names subjects that the model was trained on.

    For example:

    [bold]eegzoo evaluate eegnet.physionet_mi2 --data eegbci --subjects 1 --runs 4,8,12[/]

    [bold]eegzoo evaluate model.safetensors --data eegbci --subjects 2 --runs 6,10,14[/]

    [bold]eegzoo evaluate model.safetensors --raw c.edf --event-id left=1,right=2[/]

    [bold]eegzoo evaluate model.safetensors --raw c.edf --metadata c.tsv --target response_time[/]

    [bold]eegzoo evaluate sleep.safetensors --raw night.edf --annotations night.txt[/]

    [bold]eegzoo evaluate model.safetensors --store s3://bucket/corpus[/]

    [bold]eegzoo evaluate --annotations anna.txt --against ben.txt[/]
    """
    workers.check(jobs, cluster)
    context.with_resource(workers.joblib_on(cluster, jobs))
    of_windows: dict[str, Any] = {
        "data": data, "subjects": subjects, "runs": runs, "subject": subject, "event_id": event_id,
        "stim": stim, "stim_mask": stim_mask, "events_from": events_from, "target": target,
        "metadata": metadata, "seed": seed, "seeds": seeds > 1, "align": align, "adapt": adapt,
        "adapt_first": adapt_first, "calibrate": calibrate, "store": store,
    }  # fmt: skip
    of_signals: dict[str, Any] = {
        "missing": missing != "raise", "resample": resample,
        "check_signal": check_signal != "raise", "exclude": exclude, "types": types,
        "bads": bads != "interpolate", "rename": rename, "scale": scale,
    }  # fmt: skip
    if against or model is None:
        evaluate_sleep.refuse("--against", **of_windows, **of_signals, channels=channels)
        evaluate_sleep.evaluate_scorings(
            model, raw, reading_options.reader(reader_option, truncated), annotations, against,
            epoch_seconds, json,
        )  # fmt: skip
        return
    if evaluate_sleep.is_stager(model):
        evaluate_sleep.refuse(model, **of_windows, **of_signals)
        evaluate_sleep.evaluate_stager(
            model, raw or [], reading_options.reader(reader_option, truncated), annotations,
            epoch_seconds, channels, json,
        )  # fmt: skip
        return
    results.check_outputs(
        [json], [*(raw or []), *(metadata or []), *(annotations or []), *model_files(model)]
    )
    matching.check_options(missing, check_signal)
    targets.check_options(target, metadata)
    if seeds > 1 and (raw or data not in (None, "simulated")):
        raise ValueError(
            f"expected --seeds with simulated data, because a trained model and recordings give "
            f"the same scores with every seed, got {seeds}"
        )
    options = channel_options.ChannelOptions(channels, exclude, types, bads, rename, scale)
    options.check()
    numbers = people_numbers(calibrate)
    each = people.PeopleOptions(adapt, adapt_first, numbers[0] if len(numbers) == 1 else 0)
    each.check(is_classifier=target is None)
    trained = find_trained(model)
    is_night = not (
        event_id or stim or events_from or target or data or align or adapt or calibrate or store
    )
    if is_night and evaluate_sleep.is_of_sleep(trained, raw):
        evaluate_sleep.refuse(model, **of_windows)
        evaluate_sleep.evaluate_model(
            trained, raw or [], reading_options.reader(reader_option, truncated), annotations,
            epoch_seconds, options, resample, missing, check_signal, json,
        )  # fmt: skip
        return
    if jobs is not None or cluster is not None:
        raise ValueError(
            f"expected --jobs and --cluster with nights and a model of sleep, got {model}"
        )
    if epoch_seconds is not None:
        raise ValueError(f"expected --epoch-seconds with nights and a model of sleep, got {model}")
    check_targets(model, trained, target)
    if store is not None:
        store_options.check_alone(context, allowed=("check_signal",), more=("seed", "seeds"))
    given = StoredWindows(store, cache_gb, storage_option, missing) if store else WindowOptions(
        data, subjects, runs, raw, subject, event_id,
        event_options.event_source(stim, stim_mask, events_from), annotations, target, metadata,
        reading_options.reader(reader_option, truncated), options, missing, resample, check_signal,
    )  # fmt: skip
    found: list[dict[str, Any]] = []
    for number in range(seed, seed + seeds):
        dataset = given.load(trained, number)
        chosen = fold_for(model, trained, set(dataset.groups("subject").tolist()))
        estimator = matching.aligning(chosen.load(), align)
        estimator.set_params(check_signal=check_signal)
        if seeds > 1:
            typer.echo(f"seed {number}:")
        found.append(
            {
                **_scores(estimator, dataset, each),
                **_label_curve(estimator, dataset, numbers, adapt_first),
                "n_windows": len(dataset),
                "model": chosen.name,
                "align": None if estimator.align_ is None else estimator.align_.to_dict(),
            }
        )
    typer.echo(f"epoch: {epoch_of(model)}")
    shown: dict[str, Any] = {**found[0], "epoch": epoch_of(model)}
    if seeds > 1:
        shown = {"seeds": found, "mean_over_seeds": scores.print_seeds(found)}
    if json is not None:
        results.write_json(json, shown)


def check_targets(model: str, trained: Trained, target: str | None) -> None:
    """Raise an error unless the options provide targets of the kind that the model predicts."""
    from eegzoo.training.targets.targets import LabelSets, Numbers

    if trained.targets is LabelSets:
        raise ValueError(
            "expected a model with one label for each window, because events have one label, got "
            f"the multilabel classifier {model}; use EEGClassifier.score in Python"
        )
    if (trained.targets is Numbers) != (target is not None):
        kind = "a classifier" if target is not None else "a regressor"
        raise ValueError(
            "expected --target and --metadata for a regressor, and neither for a classifier, got "
            f"{model}, {kind}"
        )


def people_numbers(calibrate: list[str] | None) -> tuple[int, ...]:
    """Return the numbers of --calibrate."""
    from eegzoo.cli.option_values import split

    try:
        numbers = tuple(int(number) for number in split("--calibrate", calibrate))
    except ValueError as error:
        raise ValueError(f"expected --calibrate to be numbers, got {calibrate}") from error
    if any(number < 0 for number in numbers):
        raise ValueError(f"expected --calibrate of at least 0, got {list(numbers)}")
    return numbers


def _label_curve(
    estimator: Any, dataset: EpochsDataset, numbers: tuple[int, ...], first: int | None
) -> dict[str, Any]:
    """Print the accuracy against the number of labelled windows, if several are asked for."""
    if len(numbers) < 2:
        return {}
    from eegzoo.training.adaptation.label_curve import label_curve

    if first is not None:
        raise ValueError("expected --adapt-first with one number in --calibrate, got several")
    curve = label_curve(estimator, dataset, n_labelled=numbers)
    typer.echo(curve.in_words())
    return {"label_curve": curve.to_dict()}


def _scores(
    estimator: EEGClassifier | EEGRegressor, dataset: EpochsDataset, each: people.PeopleOptions
) -> dict[str, Any]:
    """Print the scores, and return them for the JSON file."""
    from sklearn.metrics import confusion_matrix

    from eegzoo.report.result.number_scores import number_scores
    from eegzoo.training.regressor import EEGRegressor

    if isinstance(estimator, EEGRegressor):
        predicted = estimator.predict(dataset)
        if predicted.ndim > 1:
            raise ValueError(f"expected a regressor of one number, got one of {predicted.shape[1]}")
        true = dataset.groups("target")
        found = scores.as_json(number_scores(true, predicted))
        return {**found, "statistics": scores.report(dataset, true, predicted, numbers=True)}
    known = [str(label) for label in estimator.classes_]
    unknown = sorted(set(dataset.classes) - set(known))
    if unknown:
        raise ValueError(
            f"expected only the labels of the model, {known}, got also {unknown}; --event-id tells "
            "which events are which labels"
        )
    scored, predicted, done = each.predict(estimator, dataset)
    dataset = dataset.subset(scored)
    for line in done:
        typer.echo(line)
    accuracy = scores.class_scores(dataset.labels, predicted)
    matrix = confusion_matrix(dataset.labels, predicted, labels=known).tolist()
    results.print_confusion(matrix, known)
    statistics = scores.report(dataset, dataset.labels, predicted)
    regime = people.regime_in_words(estimator, each, dataset)
    people.print_people(statistics, regime)
    return {
        **accuracy,
        "regime": regime,
        "adapted": done or None,
        "confusion": {"labels": known, "matrix": matrix},
        "statistics": statistics,
    }
