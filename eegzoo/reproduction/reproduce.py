"""Run an entry: its data, its protocol, and a record of what came out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from eegzoo.reproduction.catalogue import find_entries
from eegzoo.reproduction.entry import Entry
from eegzoo.reproduction.environment import environment
from eegzoo.reproduction.protocol_registry import PROTOCOLS
from eegzoo.reproduction.record import Record
from eegzoo.reproduction.recordings.registry import load, simulate
from eegzoo.reproduction.run import Rows, Run

SIMULATED = "simulated recordings and one epoch of training: these figures mean nothing"


def reproduce(
    entry: str | Entry,
    *,
    data_dir: Path | None = None,
    seeds: Sequence[int] | None = None,
    results: Path | None = None,
    dry_run: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Record:
    """Get the figures of an entry again.

    Parameters
    ----------
    entry : str | Entry
        Entry, or the name of one.
    data_dir : Path | None
        Directory of data sets. None: that in ``EEGZOO_DATA``, and MNE's for what MNE fetches.
    seeds : sequence of int | None
        Seeds. None: those of the entry.
    results : Path | None
        File of the results so far, one JSON object a line, with which an interrupted run resumes.
    dry_run : bool
        Whether to run the protocol on simulated recordings in the shape of the data, with one
        epoch of training and one seed. The figures then mean nothing.
    progress : callable | None
        Function that is given a line of progress.

    Returns
    -------
    Record
        Scores, with the environment.

    Raises
    ------
    FileNotFoundError
        If the data are not there and cannot be downloaded. The message names their address and
        licence.
    ValueError
        If a name is unknown or stands for several entries, or if there are results so far of a
        `dry_run`.

    Examples
    --------
    >>> record = reproduce("verify:eegnet")
    >>> [(score.label, score.value < 1e-5) for score in record.scores]
    [('outputs', True), ('gradient', True)]
    """
    if isinstance(entry, str):
        found = find_entries(entry)
        if len(found) != 1:
            names = ", ".join(each.name for each in found)
            raise ValueError(f"expected the name of one entry, got {entry!r}: {names}")
        (entry,) = found
    chosen = tuple(entry.seeds if seeds is None else seeds)[: 1 if dry_run else None]
    if not chosen:
        raise ValueError("expected at least one seed, got none")
    if dry_run and results is not None:
        raise ValueError("expected no file of results with dry_run, whose results mean nothing")
    run = Run(entry.name, chosen, Rows(results), dry_run, progress or (lambda line: None))
    start = time.perf_counter()
    recordings = simulate(entry) if dry_run else load(entry, data_dir)
    scores = PROTOCOLS[entry.protocol](recordings, run, **entry.parameters)
    note = SIMULATED if dry_run else _note(chosen, entry.seeds)
    seconds = round(time.perf_counter() - start, 1)
    return Record(entry.name, chosen, tuple(scores), environment(), seconds, note)


def _note(chosen: Sequence[int], published: Sequence[int]) -> str:
    """Return what differs from the entry's protocol."""
    if tuple(chosen) == tuple(published):
        return ""
    if set(chosen) < set(published):
        return f"{len(chosen)} of {len(published)} seeds"
    names, others = (", ".join(map(str, seeds)) for seeds in (chosen, published))
    return f"seeds {names} in place of {others}"
