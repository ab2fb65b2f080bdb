"""Command ``eegzoo report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eegzoo.cli import (
    channel_options,
    evaluate_sleep,
    event_options,
    matching,
    reading_options,
    results,
    sources,
    targets,
)
from eegzoo.cli import subjects as subjects_
from eegzoo.cli.evaluate import check_targets
from eegzoo.cli.trained import Model, find_trained, fold_for, model_files, warning_about
from eegzoo.cli.trained_windows import WindowOptions


def report(
    model: Model,
    out: Annotated[Path, typer.Option(help="HTML file for the report.")],
    against: Annotated[
        str | None,
        typer.Option(help="Another model to compare with: a file or a name of trained weights."),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(help="Folder for the pictures as PNG files as well.", show_default="none"),
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
    target: targets.Target = None,
    metadata: targets.Metadata = None,
    unit: Annotated[str, typer.Option(help="Unit of the target.", show_default="none")] = "",
    reader_option: reading_options.ReaderOption = None,
    truncated: reading_options.Truncated = "raise",
    seed: Annotated[int, sources.seed_option("Seed of the simulated recording.")] = 0,
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
    """Write a report of a trained model on labelled recordings as one HTML file.

    It shows the result with its interval, what luck reaches and what classical methods reach; the
    data, before and after preprocessing; the model; and a recording with the predictions along it.
    --against compares with another model on the same windows. The file contains its pictures, loads
    nothing, and names no folder of this machine.

    Without --event-id, events are found as in eegzoo evaluate.

    For example:

    [bold]eegzoo report model.safetensors --raw c.edf --event-id left=1,right=2 --out report.html[/]

    [bold]eegzoo report eegnet.physionet_mi2 --data eegbci --subjects 1 --runs 4,8 --out a.html[/]

    [bold]eegzoo report a.safetensors --against b.safetensors --raw c.edf --out comparison.html[/]
    """
    from eegzoo.files import check_writable_folder

    rivals = [] if against is None else model_files(against)
    inputs = [*(raw or []), *(metadata or []), *(annotations or []), *model_files(model), *rivals]
    results.check_outputs([out], inputs)
    if pictures is not None:
        check_writable_folder(pictures)
    matching.check_options(missing, check_signal)
    targets.check_options(target, metadata)
    used = channel_options.ChannelOptions(channels, exclude, types, bads, rename, scale)
    used.check()
    options = WindowOptions(
        data, subjects, runs, raw, subject, event_id,
        event_options.event_source(stim, stim_mask, events_from), annotations, target, metadata,
        reading_options.reader(reader_option, truncated), used, missing, resample, check_signal,
    )  # fmt: skip
    names = [model] if against is None else [model, against]
    for name in names:
        evaluate_sleep.refuse_stager(
            name,
            f"eegzoo stage NIGHT --model {name} --plot night.png shows a night, and "
            f"eegzoo evaluate {name} --raw NIGHT --annotations FILE how it agrees with a scorer",
        )
    found = [find_trained(name) for name in names]
    for name, trained in zip(names, found, strict=True):
        check_targets(name, trained, target)

    from eegzoo.cli import report_evidence

    seen = report_evidence.Recordings()
    dataset = options.load(found[0], seed, seen.add)
    people = set(dataset.groups("subject").tolist())
    chosen = fold_for(model, found[0], people)
    evidence = report_evidence.of_trained(
        chosen, dataset, seen, matching.resampling(chosen, resample), check_signal, target, unit,
        notes=[note for note in [warning_about(chosen, people)] if note is not None],
    )  # fmt: skip
    if against is not None:
        other = fold_for(against, found[1], people)
        evidence = report_evidence.with_rival(
            evidence, other, options.load(found[1], seed), check_signal, target
        )
    report_evidence.write(out, evidence, pictures)
