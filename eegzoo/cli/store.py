"""Command ``eegzoo store``."""

from __future__ import annotations

from typing import Annotated

import typer

from eegzoo.cli import store_options


def store(
    location: Annotated[str, typer.Argument(help="Folder or URL of a store of windows.")],
    copy_to: Annotated[
        str | None,
        typer.Option(help="URL of a copy: s3://, gs:// or az://.", show_default="none"),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read all files and check their hashes.")
    ] = False,
    cache_gb: store_options.CacheGb = 10.0,
    storage_option: store_options.StorageOption = None,
) -> None:
    """Describe a store of windows; copy it to object storage, or check its files.

    Hashes are checked while files are copied. A copy that was interrupted goes on where it ended.
    With --copy-to and --verify, the files of the copy are read and checked. Credentials are taken
    from the environment: AWS_ACCESS_KEY_ID, GOOGLE_APPLICATION_CREDENTIALS and so on. What is given
    with --storage-option concerns every URL of the command.

    For example:

    [bold]eegzoo store corpus[/]

    [bold]eegzoo store corpus --copy-to s3://bucket/corpus --verify[/]

    [bold]eegzoo train --store s3://bucket/corpus --out model.safetensors[/]
    """
    from eegzoo.data.store.copying import copy_store
    from eegzoo.data.store.remote.bucket import is_url

    options = store_options.parse_storage_options(storage_option)
    of_copy = copy_to is not None and not is_url(location)
    found = store_options.open_store(location, cache_gb, None if of_copy else storage_option)
    if copy_to is not None:
        copy_store(found, copy_to, storage_options=options)
        found = store_options.open_store(copy_to, cache_gb, storage_option)
    if verify:
        found.verify()
        typer.echo(f"all {len({shard.key for shard in found.shards})} files match their hashes")
