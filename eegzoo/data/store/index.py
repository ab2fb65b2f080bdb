"""Index of a window store, and the runs of windows in its files."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.data.store.checked_json import sha256, unsealed
from eegzoo.data.store.shard_source import Run, ShardSource
from eegzoo.data.store.shards import Shard
from eegzoo.data.store.writing import INDEX


def read_index(source: ShardSource) -> tuple[tuple[Shard, ...], dict[str, Any]]:
    """Return the shards of the store in a source, and a dict of its preprocessing.

    Raises
    ------
    FileNotFoundError
        If there is no store.
    ValueError
        If the index is damaged, is not of a window store, or has another version of the format.
    OSError
        If it cannot be read.
    """
    try:
        index = unsealed(source.read_file(INDEX), f"{source.name}/{INDEX}")
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"no window store in {source.name}: {INDEX} is missing, which WindowStore.write writes "
            "when it finishes"
        ) from error
    if not isinstance(index, dict) or not {"preprocessing", "shards"} <= index.keys():
        raise ValueError(f"expected the index of a window store, got {source.name}/{INDEX}")
    shards = [Shard.from_dict(values) for values in index["shards"]]
    if not shards:
        raise ValueError(f"expected a window store with recordings, got none in {source.name}")
    # Signals are alike, and those of many recordings fill memory.
    info = shards[0].info
    shared = [
        dataclasses.replace(shard, info=info) if shard.info == info else shard for shard in shards
    ]
    return tuple(shared), index["preprocessing"]


def runs_of(
    shards: Sequence[Shard], starts: npt.NDArray[np.int64], indices: npt.NDArray[np.int64]
) -> list[tuple[int, Run]]:
    """Return the runs of neighbouring windows at some indices.

    Parameters
    ----------
    shards : sequence of Shard
        Recordings.
    starts : array of int, shape (n_shards + 1,)
        Index of the first window of each recording, and the number of windows.
    indices : array of int, shape (n_windows,)
        Indices of windows.

    Returns
    -------
    list of tuple of int and Run
        The number of each run's recording, and the run.
    """
    if len(indices) == 0:
        return []
    owners = np.searchsorted(starts, indices, side="right") - 1
    jumps = (np.diff(indices) != 1) | (np.diff(owners) != 0)
    edges = [0, *(np.flatnonzero(jumps) + 1).tolist(), len(indices)]
    runs = []
    for start, stop in itertools.pairwise(edges):
        owner = int(owners[start])
        first = int(indices[start] - starts[owner])
        runs.append((owner, Run(shards[owner], first, stop - start)))
    return runs


def order_of(first: Shard, shard: Shard) -> list[int] | None:
    """Return the order that matches a shard's channels to the first's; None if it is the same."""
    order = first.info.order_of(shard.info.ch_names)
    return None if order == sorted(order) else order


def labels_of(shards: Sequence[Shard]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the classes that occur, sorted, and the index in them of each window's label."""
    classes = sorted({shard.classes[place] for shard in shards for place in set(shard.y)})
    known = {name: place for place, name in enumerate(classes)}
    parts = [
        np.array([known.get(name, -1) for name in shard.classes], np.int64)[shard.y]
        for shard in shards
    ]
    return classes, np.concatenate(parts)


def metadata_of(shards: Sequence[Shard]) -> dict[str, npt.NDArray[Any]]:
    """Return the metadata columns that all recordings have, of all windows."""
    # One after the other, as those of many recordings fill gigabytes.
    return {
        name: np.concatenate([shard.column(name) for shard in shards])
        for name in shards[0].metadata
        if all(name in shard.metadata for shard in shards)
    }


def identity_of(shards: Sequence[Shard]) -> str:
    """Return a hash of everything that the windows of a store depend on."""
    return sha256([[shard.key, shard.sha256] for shard in shards])


def without_repeats(shards: Sequence[Shard]) -> list[Shard]:
    """Return the shards, without those that share a file with another."""
    return list({shard.key: shard for shard in shards}.values())
