"""Command ``eegzoo write-store``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli import (
    event_options,
    matching,
    preprocessing_options,
    reading_options,
    store_options,
    workers,
)
from eegzoo.cli import subjects as subjects_

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eegzoo.data.reading.recording import Recording


def write_store(
    recordings: Annotated[
        list[Path], typer.Argument(help="Recordings, in any format that MNE reads.")
    ],
    out: Annotated[str, typer.Option(help="Folder of the store: new, empty or of a store.")],
    subject: subjects_.Subject = None,
    event_id: event_options.EventId = None,
    reader_option: reading_options.ReaderOption = None,
    truncated: reading_options.Truncated = "raise",
    check_signal: matching.CheckSignal = "raise",
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
    jobs: workers.Jobs = None,
    cluster: workers.Cluster = None,
    copy_to: Annotated[
        str | None,
        typer.Option(
            help="URL of a copy of the store: s3://, gs:// or az://.", show_default="none"
        ),
    ] = None,
    storage_option: store_options.StorageOption = None,
    verbose: Annotated[int, typer.Option(help="0: no progress bar.")] = 1,
) -> None:
    """Write the windows of many recordings to a store, from which eegzoo train --store trains.

    One recording is in memory at a time for each worker. The store appears when all are written. A
    run that was interrupted continues when it is repeated, and a store that exists is brought up to
    date: only what is new or has changed is computed.

    For example:

    [bold]eegzoo write-store night*.edf --out store --window 30 --jobs 2[/]

    [bold]eegzoo write-store a.edf b.edf --out store --event-id left=1,right=2 --tmax 3[/]

    [bold]eegzoo write-store *.edf --out store --window 4 --copy-to s3://bucket/store[/]
    """
    from eegzoo.data.store.copying import copy_store, place_of_copy
    from eegzoo.data.store.remote.bucket import is_url, without_secrets
    from eegzoo.data.store.window_store import WindowStore

    workers.check(jobs, cluster)
    options = store_options.parse_storage_options(storage_option)
    if is_url(out):
        raise ValueError(f"expected a folder for --out, got {without_secrets(out)}; --copy-to "
                         "takes a URL")  # fmt: skip
    if options and copy_to is None:
        raise ValueError("expected --storage-option with --copy-to, got it alone")
    if copy_to is not None:
        place_of_copy(copy_to, options)  # before hours of writing
    preprocessing = preprocessing_options.PreprocessingOptions(
        tmin, tmax, l_freq, h_freq, scale, resample, notch, reference, window, stride,
        preprocessing_file,
    ).preprocessing()  # fmt: skip
    read = reading_options.reader(reader_option, truncated)
    names = subjects_.subjects_of(recordings, subject)

    def each() -> Iterator[Recording]:
        from eegzoo.data.reading.recording import Recording

        for path, name in zip(recordings, names, strict=True):
            raw = read(path)
            yield Recording(raw, str(path)) if name is None else Recording(raw, name, run=str(path))

    wanted: Any = event_options.parse_event_id(event_id) or None
    with workers.joblib_on(cluster, jobs):
        written = WindowStore.write(
            out, each(), preprocessing, wanted,
            check_signal=check_signal, verbose=verbose,
        )  # fmt: skip
    typer.echo(f"wrote {written!r}")
    if copy_to is not None:
        copy_store(written, copy_to, storage_options=options, verbose=verbose)
        typer.echo(f"copied it to {copy_to}")
