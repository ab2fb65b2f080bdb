"""Tests of the log of faults, against a loop over samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eegzoo.online.running_signal.faults import FaultLog

NAMES = ["C3", "Cz", "C4"]


def _faulty(data: Any, n_flat: int) -> tuple[Any, Any]:
    """Return which samples are no number in a channel, and which are in a flat stretch."""
    flat = np.zeros(data.shape, bool)
    for channel, row in enumerate(data):
        for stop in range(n_flat, len(row) + 1):
            if (row[stop - n_flat : stop] == row[stop - 1]).all():
                flat[channel, stop - n_flat : stop] = True
    return ~np.isfinite(data), flat


@given(
    st.lists(
        st.tuples(*[st.sampled_from([0.0, 0.0, 1.0, np.nan])] * 3), min_size=1, max_size=40
    ),
    st.integers(2, 5), st.lists(st.integers(1, 39), max_size=4),
)  # fmt: skip
def test_faults_are_those_of_a_loop_whatever_the_chunks(
    rows: Any, n_flat: int, cuts: list[int]
) -> None:
    data = np.array(rows).T
    log, index = FaultLog(NAMES, n_flat), 0
    for chunk in np.split(data, sorted(cut for cut in cuts if cut < data.shape[1]), axis=1):
        if chunk.shape[1]:
            log.add_samples(index, chunk)
            index += chunk.shape[1]
    bad, flat = _faulty(data, n_flat)
    for place in range(data.shape[1]):
        reason = log.reason_within(place, place + 1) or ""
        for channel, name in enumerate(NAMES):
            assert (f"{name} is flat" in reason) == flat[channel, place]
        assert ("not a finite number" in reason) == bad[:, place].any()
        if bad[:, place].any():
            assert f"{NAMES[int(bad[:, place].argmax())]} is not a finite" in reason
