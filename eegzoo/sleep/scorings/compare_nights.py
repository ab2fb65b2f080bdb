"""Stages of several nights against their scorings, computed by joblib's workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import mne

from eegzoo.data.reading.label_files.scoring import Scoring
from eegzoo.data.tasks.outcome import results_in_order
from eegzoo.data.tasks.run_tasks import run_tasks
from eegzoo.sleep.scorings.scored_windows import ScoredWindows, Staging, compare_staging

Compared = tuple[ScoredWindows, ScoredWindows | None]


def compare_nights(
    staging: Staging, nights: Iterable[tuple[mne.io.BaseRaw, Scoring]]
) -> Iterator[Compared]:
    """Stage nights, and compare each with its scoring.

    ``joblib.parallel_config`` says by how many processes, here or on a cluster.

    Parameters
    ----------
    staging : callable
        As in `compare_staging`.
    nights : iterable of (mne.io.Raw, Scoring)
        Recordings with their scorings.

    Yields
    ------
    ScoredWindows, ScoredWindows | None
        As `compare_staging` returns them, in the order of the nights.

    Raises
    ------
    ValueError
        If a night cannot be compared.
    """
    yield from results_in_order(run_tasks(partial(_compared, staging), nights))


def _compared(staging: Staging, night: tuple[mne.io.BaseRaw, Scoring]) -> Compared:
    recording, scoring = night
    return compare_staging(recording, staging, scoring)
