"""Command ``eegzoo evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli import (
    channel_options,
    event_options,
    matching,
    reading_options,
    results,
    scores,
    sources,
    targets,
)
from eegzoo.cli import subjects as subjects_
from eegzoo.cli.trained import Model, epoch_of, find_trained, fold_for, model_files
from eegzoo.cli.trained_windows import WindowOptions

if TYPE_CHECKING:
    from eegzoo.cli.trained import Trained
    from eegzoo.data.windows.epochs_dataset import EpochsDataset
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.training.regressor import EEGRegressor


def evaluate(
    model: Model,
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
    seed: Annotated[int, sources.seed_option("Seed of the simulated recording.")] = 0,
    seeds: Annotated[
        int, typer.Option(min=1, help="Number of simulated recordings, with seeds from --seed on.")
    ] = 1,
    missing: matching.Missing = "raise",
    resample: matching.Resample = False,
    check_signal: matching.CheckSignal = "raise",
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

    The name of a family of folds selects a fold that was not trained on the subjects. A warning
    on standard error names subjects that the model was trained on.

    For example:

    [bold]eegzoo evaluate eegnet.physionet_mi2 --data eegbci --subjects 1 --runs 4,8,12[/]

    [bold]eegzoo evaluate model.safetensors --data eegbci --subjects 2 --runs 6,10,14[/]

    [bold]eegzoo evaluate model.safetensors --raw c.edf --event-id left=1,right=2[/]

    [bold]eegzoo evaluate model.safetensors --raw c.edf --metadata c.tsv --target response_time[/]
    """
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
    trained = find_trained(model)
    check_targets(model, trained, target)
    given = WindowOptions(
        data, subjects, runs, raw, subject, event_id,
        event_options.event_source(stim, stim_mask, events_from), annotations, target, metadata,
        reading_options.reader(reader_option, truncated), options, missing, resample, check_signal,
    )  # fmt: skip
    found: list[dict[str, Any]] = []
    for number in range(seed, seed + seeds):
        dataset = given.load(trained, number)
        chosen = fold_for(model, trained, set(dataset.groups("subject").tolist()))
        estimator = chosen.load().set_params(check_signal=check_signal)
        if seeds > 1:
            typer.echo(f"seed {number}:")
        found.append(
            {**_scores(estimator, dataset), "n_windows": len(dataset), "model": chosen.name}
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


def _scores(estimator: EEGClassifier | EEGRegressor, dataset: EpochsDataset) -> dict[str, Any]:
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
        raise ValueError(f"expected only the labels of the model, {known}, got also {unknown}")
    predicted = estimator.predict(dataset)
    accuracy = scores.class_scores(dataset.labels, predicted)
    matrix = confusion_matrix(dataset.labels, predicted, labels=known).tolist()
    results.print_confusion(matrix, known)
    statistics = scores.report(dataset, dataset.labels, predicted)
    return {
        **accuracy,
        "confusion": {"labels": known, "matrix": matrix},
        "statistics": statistics,
    }
