"""Command ``eegzoo compare``."""

from __future__ import annotations

from collections.abc import Mapping
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
    settings,
    sources,
)
from eegzoo.cli import subjects as subjects_
from eegzoo.cli.compare_table import print_rows, write_rows
from eegzoo.cli.completion import complete_several
from eegzoo.cli.epochs_files import epochs_preprocessing
from eegzoo.cli.option_values import split

if TYPE_CHECKING:
    from eegzoo.data.windows.epochs_dataset import EpochsDataset
    from eegzoo.reproduction.run import Rows
    from eegzoo.training.classifier import EEGClassifier

MODELS = ("eegnet", "shallow_convnet", "deep_convnet")


def compare(
    models: Annotated[
        list[str] | None,
        typer.Option(
            help="Models: names from eegzoo list or of weights, or files of trained models "
            "(.safetensors), each with a recipe if need be: eegnet,labram.base@linear_probe,"
            "mine.safetensors. The others are compared with the first.",
            show_default=",".join(MODELS),
            autocompletion=complete_several,
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
    align: settings.Align = None,
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
    baselines: Annotated[
        bool,
        typer.Option(
            "--baselines/--no-baselines",
            help="Whether to add classical methods and the commonest class, in the same folds.",
        ),
    ] = True,
    resume: Annotated[
        Path | None,
        typer.Option(
            help="File of the folds so far (JSON lines), which are not repeated.",
            show_default="none",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="CSV or JSON file for the table.", show_default="none")
    ] = None,
) -> None:
    """Compare models on labelled recordings: the same windows, preprocessing and folds for all.

    The table has, for each model and classical method, the accuracy as the mean over people, the
    difference from the first model with its 95% interval and its p-value; for each model also the
    number of weights, the seconds to train a fold and the milliseconds to predict a window. With
    several people, the interval and the test are Student's for the differences by person; with
    one, they are the hybrid score interval and McNemar's test over windows. p-values are corrected
    for the number of rows by Holm's method.

    A recipe follows a model's name after @. Without one, new models take small and pretrained ones
    and files finetune. A file's figures are those of new people only if it was not trained on the
    people of these recordings.

    A long comparison prints the accuracy of each fold. With --resume, each fold is a line of a
    file: repeat the command, also with more models, and only what the file lacks is computed.

    For example:

    [bold]eegzoo compare --models "eegnet,shallow_convnet"[/]

    [bold]eegzoo compare --models "eegnet,labram.base@lora" --data eegbci --subjects 1,2,3
    --runs 6,10,14 --protocol leave-one-subject-out --out table.csv[/]
    """
    from eegzoo.data.windows.splits import CHOICES

    if out is not None and out.suffix not in (".csv", ".json"):
        raise ValueError(f"expected --out to end in .csv or .json, got {out}")
    results.check_outputs([out, resume], [*(raw or []), *(annotations or [])])
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
    if len(set(names)) < len(names) or len(names) < 2:
        raise ValueError(f"expected two different models at least in --models, got {names}")
    from eegzoo.data.preprocessing.by_person.person_alignment import as_alignment
    from eegzoo.data.windows.aligned_people import align_people
    from eegzoo.report.comparison.in_folds import fingerprint, rows_in_folds
    from eegzoo.report.comparison.named_estimators import is_pretrained, named_estimator
    from eegzoo.reproduction.run import Rows

    people_aligned = as_alignment(align)
    if people_aligned is not None and (pretrained := [*filter(is_pretrained, names)]):
        raise ValueError(
            f"expected --align without pretrained models, which were trained on microvolts, got "
            f"--align {align} with {', '.join(pretrained)}"
        )
    estimators = {
        name: named_estimator(
            name, max_epochs=max_epochs, device=device, check_signal=check_signal,
            random_state=seed,
        )
        for name in names
    }  # fmt: skip
    done = Rows(resume)
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
    if people_aligned is not None:
        typer.echo(f"each person is aligned ({align}) by their own windows, without labels")
        dataset = align_people(dataset, people_aligned)
    chosen = {"max_epochs": max_epochs, "align": align, "seed": seed}
    known = {"windows": fingerprint(dataset, parts), **chosen}
    found = _results(estimators, dataset, parts, known, done)
    rows = rows_in_folds(dataset, parts, found, baselines=baselines)
    print_rows(rows, folds, len(dataset.labels))
    if out is not None:
        described = {
            **folds, "protocol": protocol, **chosen, "preprocessing": preprocessing.to_dict(),
            "n_windows": len(dataset),
        }  # fmt: skip
        write_rows(out, rows, described)
        typer.echo(f"wrote {out}")


def _results(
    estimators: Mapping[str, EEGClassifier], dataset: EpochsDataset,
    parts: list[tuple[Any, Any]], known: Mapping[str, Any], done: Rows,
) -> dict[str, list[dict[str, Any]]]:  # fmt: skip
    """Return the results of each model in each fold, those that were there before among them.

    A fold is for all models in turn, so that one that cannot take the windows is found at once.
    """
    import numpy as np

    from eegzoo.report.comparison.in_folds import result_of_fold

    found: dict[str, list[dict[str, Any]]] = {name: [] for name in estimators}
    content = {name: _content(name) for name in estimators}
    for number, part in enumerate(parts, start=1):
        for name, estimator in estimators.items():
            key = {"model": name, **content[name], **known, "fold": number}
            label = f"fold {number} of {len(parts)}, {name}"

            def fit(windows: EpochsDataset, one: Any = estimator, label: str = label) -> Any:
                return crossval.fit(one, windows, windows.labels, label)

            before = "done before, " if done.of(key) else ""
            try:
                (result,) = done.get(key, lambda: [result_of_fold(fit, dataset, part)])  # noqa: B023
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error
            found[name].append(result)
            accuracy = (np.asarray(result["predicted"]) == dataset.labels[part[1]]).mean()
            typer.echo(f"{label}: {before}accuracy {accuracy:.3f} on {len(part[1])} windows")
    return found


def _content(name: str) -> dict[str, str]:
    """Return the SHA-256 of a model's file, if the name is that of a file."""
    from eegzoo.weights.authors.authors_file import sha256_of

    path = Path(name.partition("@")[0])
    return {"file": sha256_of(path)} if path.suffix == ".safetensors" else {}
