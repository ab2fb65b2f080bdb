"""Options for windows that are taken from a store."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from eegzoo.cli.option_values import pairs

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
StorageOption = Annotated[
    list[str] | None,
    typer.Option(
        "--storage-option",
        metavar="KEY=VALUE",
        help="Setting of obstore for the URL of a store, such as endpoint=http://minio:9000, "
        "region=eu-west-1, anonymous=true or timeout=60s; can be repeated. Credentials are taken "
        "from the environment.",
        show_default="none",
    ),
]

# Settings of connections, which obstore keeps apart from those of a bucket.
_OF_CONNECTIONS = (
    "allow_http", "allow_invalid_certificates", "connect_timeout", "proxy_url", "timeout",
    "user_agent",
)  # fmt: skip
_SECRET = re.compile("key|secret|token|password|credential|sas")

# Options that choose and preprocess windows, which those of a store already are.
_CHOSEN = (
    "data", "subjects", "runs", "raw", "subject", "event_id", "stim", "stim_mask", "events_from",
    "annotations", "stages", "target", "metadata", "reader_option", "truncated", "channels",
    "exclude", "types", "bads", "rename", "tmin", "tmax", "window", "stride", "l_freq", "h_freq",
    "scale", "resample", "notch", "reference", "preprocessing_file", "print_preprocessing",
    "check_signal", "people_per_batch",
)  # fmt: skip


def parse_storage_options(given: list[str] | None) -> dict[str, Any]:
    """Return the keyword arguments of `obstore.store.from_url` that options stand for.

    Raises
    ------
    ValueError
        If an option has no value, is given twice, or is a secret, which other users of a machine
        could read from its list of processes.

    Examples
    --------
    >>> parse_storage_options(["region=eu-west-1", "anonymous=true", "timeout=60s"])
    {'region': 'eu-west-1', 'skip_signature': 'true', 'client_options': {'timeout': '60s'}}
    """
    options: dict[str, Any] = {}
    connections: dict[str, str] = {}
    for name, value in pairs("--storage-option", given).items():
        key = name.lower()  # obstore takes names as in the environment as well
        if _SECRET.search(key) or "@" in urlsplit(value).netloc:
            raise ValueError(
                f"expected --storage-option without credentials, got {name}: set them in the "
                "environment, as others can see the arguments of a process"
            )
        if key in _OF_CONNECTIONS:
            connections[key] = value
        else:
            options["skip_signature" if key == "anonymous" else key] = value
    return {**options, "client_options": connections} if connections else options


def check_alone(
    context: typer.Context, allowed: Sequence[str] = (), more: Sequence[str] = ()
) -> None:
    """Raise an error if a command has options that choose or preprocess windows.

    Parameters
    ----------
    context : typer.Context
        Command.
    allowed, more : sequence of str
        Names of options that it takes nevertheless, and of others that it does not take.

    Raises
    ------
    ValueError
        If there is one; the message names it.
    """
    for parameter in context.command.params:
        source = context.get_parameter_source(str(parameter.name))
        is_chosen = parameter.name in {*_CHOSEN, *more} - set(allowed)
        if is_chosen and source is not None and source.name == "COMMANDLINE":
            raise ValueError(
                f"expected --store without {parameter.opts[0]}, because the windows of a store are "
                "chosen and preprocessed"
            )


def open_store(
    location: str, cache_gb: float, storage_option: list[str] | None = None
) -> WindowStore:
    """Return the store at a location, and say what it is.

    Raises
    ------
    ValueError
        If an option is wrong, or the location is a folder and has options.
    """
    from eegzoo.data.store.window_store import WindowStore

    options = parse_storage_options(storage_option)
    store = WindowStore(location, storage_options=options, cache_gb=cache_gb)
    typer.echo(repr(store))
    return store
