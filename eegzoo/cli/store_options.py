"""Options for windows that are taken from a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from eegzoo.data.store.window_store import WindowStore

Store = Annotated[
    str | None,
    typer.Option(
        help="Store of windows: its folder, or its URL (s3://, gs://, az://, https://), with "
        "credentials from the environment. Windows are drawn in blocks.",
        show_default="none",
    ),
]
CacheGb = Annotated[
    float, typer.Option(help="Largest size of the cache of a store's URL, in GB.", min=0.001)
]

# Options that choose and preprocess windows, which those of a store already are.
_CHOSEN = (
    "data", "subjects", "runs", "raw", "subject", "event_id", "stim", "stim_mask", "events_from",
    "annotations", "stages", "target", "metadata", "reader_option", "truncated", "channels",
    "exclude", "types", "bads", "rename", "tmin", "tmax", "window", "stride", "l_freq", "h_freq",
    "scale", "resample", "notch", "reference", "preprocessing_file", "print_preprocessing",
    "check_signal", "people_per_batch",
)  # fmt: skip


def check_alone(context: typer.Context) -> None:
    """Raise an error if a command has options that choose or preprocess windows.

    Raises
    ------
    ValueError
        If there is one; the message names it.
    """
    for parameter in context.command.params:
        source = context.get_parameter_source(str(parameter.name))
        if parameter.name in _CHOSEN and source is not None and source.name == "COMMANDLINE":
            raise ValueError(
                f"expected --store without {parameter.opts[0]}, because the windows of a store are "
                "chosen and preprocessed"
            )


def open_store(location: str, cache_gb: float) -> WindowStore:
    """Return the store at a location, and say what it is."""
    from eegzoo.data.store.window_store import WindowStore

    store = WindowStore(location, cache_gb=cache_gb)
    typer.echo(repr(store))
    return store
