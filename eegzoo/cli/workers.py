"""Options that spread recordings over processes, or over the workers of a cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Annotated

import typer

PANEL = "Several recordings"

Jobs = Annotated[
    int | None,
    typer.Option(
        help="Number of recordings that are computed at once.",
        show_default="1",
        rich_help_panel=PANEL,
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="tcp://HOST:PORT",
        show_default="none",
        rich_help_panel=PANEL,
        help="Scheduler of a Dask cluster, whose workers see the same files (extra: cluster).",
    ),
]


def check(jobs: int | None, cluster: str | None) -> None:
    """Raise an error unless the options can be used together.

    Raises
    ------
    ValueError
        If both are given, or the number is below 1.

    Examples
    --------
    >>> check(2, None)
    """
    from eegzoo.arguments import positive_int

    if jobs is not None:
        positive_int("--jobs", jobs)
    if jobs is not None and cluster is not None:
        raise ValueError("expected --jobs or --cluster, got both")


@contextlib.contextmanager
def joblib_on(cluster: str | None, jobs: int | None = None) -> Iterator[None]:
    """Make joblib use the workers of a cluster, or a number of processes.

    Raises
    ------
    ImportError
        If Dask is not installed.
    OSError
        If no scheduler answers.
    """
    import joblib

    if cluster is None:
        with joblib.parallel_config(n_jobs=jobs):
            yield
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError(
            "clusters are used through Dask: pip install 'eegzoo[cluster]'"
        ) from error
    try:
        client = Client(cluster, timeout=10, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise OSError(f"no scheduler answers at {cluster}: {error}") from error
    with client, joblib.parallel_config(backend="dask", client=client):
        yield
