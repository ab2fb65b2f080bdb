"""Windows that overlap or share a block are found, kept together, and left out at borders."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegzoo.data.windows.timeline import Timeline, block_numbers, kept_together, purged


def timeline(onset, seconds=2.0, **columns):
    metadata = {"onset": np.asarray(onset, float)} | {k: np.array(v) for k, v in columns.items()}
    return Timeline.of(metadata, len(onset), n_times=round(seconds * 100), sfreq=100.0)


def belong_together(metadata, one, other, seconds=2.0):
    """The definition: overlap in one recording by a sample at least, or the same block."""
    if metadata["recording"][one] != metadata["recording"][other]:
        return False
    near = abs(metadata["onset"][one] - metadata["onset"][other]) < seconds - 0.005
    blocks = metadata["block"][one], metadata["block"][other]
    return near or (blocks[0] == blocks[1] != "")


def test_windows_that_touch_do_not_overlap():
    assert timeline([0, 2, 4]).chains().tolist() == [0, 1, 2]
    assert timeline([0, 1.99, 4]).chains().tolist() == [0, 0, 1]
    assert timeline([0, 1], recording=["a", "b"]).chains().tolist() == [0, 1]


def test_windows_of_one_block_are_one_chain():
    found = timeline([0, 10, 20, 30], block=["x", "y", "x", ""])
    assert found.chains().tolist() == [0, 1, 0, 2]
    assert found.touches([0, 1, 3], [2]).tolist() == [True, False, False]


def test_blocks_are_numbered_in_each_recording_and_may_be_missing():
    columns = {"recording": np.array(list("aabbb")), "block": np.array([1, 1, 1, np.nan, np.nan])}
    assert block_numbers(columns, 5).tolist() == [0, 0, 1, 2, 3]


def test_unknown_times_overlap_nothing():
    found = timeline([np.nan, np.nan, 0.0])
    assert found.chains().tolist() == sorted(found.chains().tolist())
    assert not found.touches([0], [1, 2]).any()


def test_a_long_chain_is_cut_into_stretches_of_ten_windows_length():
    found = kept_together(timeline(np.arange(0, 400, 0.25)), 5)
    assert len(np.unique(found)) == 20  # of 20 s, in 400 s
    assert (np.diff(found) >= 0).all()


def test_purging_removes_a_windows_length_at_each_border():
    onset = np.arange(0, 40, 0.25)
    test = np.flatnonzero((onset >= 10) & (onset < 20))
    train = np.flatnonzero((onset < 10) | (onset >= 20))
    kept = onset[purged(timeline(onset), train, test)]
    expected = [*np.arange(0, 8.01, 0.25), *np.arange(21.75, 40, 0.25)]
    np.testing.assert_allclose(kept, expected)


def test_independent_windows_are_counted():
    assert timeline(np.arange(0, 118, 0.25)).n_independent() == 59
    assert timeline(np.arange(0, 20, 2.0)).n_independent() == 10
    assert timeline(np.arange(0, 20, 2.0), block=list("aaaaabbbbb")).n_independent() == 2
    assert timeline([0, 0], recording=["a", "b"]).n_independent() == 2


@st.composite
def collections(draw):
    n_windows = draw(st.integers(4, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    step = draw(st.sampled_from([0.25, 1.0, 2.0, 3.0]))
    onset = rng.permutation(np.arange(n_windows)) * step
    blocks = rng.integers(-3, draw(st.integers(1, 8)), n_windows)
    return {
        "onset": onset,
        "recording": rng.integers(0, draw(st.integers(1, 4)), n_windows).astype(str),
        "block": np.where(blocks < 0, "", blocks.astype(str)),
    }


@given(collections(), st.integers(0, 99))
def test_touching_is_the_definition(metadata, seed):
    n_windows = len(metadata["onset"])
    sides = np.random.default_rng(seed).random(n_windows) < 0.5
    train, test = np.flatnonzero(sides), np.flatnonzero(~sides)
    found = Timeline.of(metadata, n_windows, 200, 100.0).touches(train, test)
    expected = [any(belong_together(metadata, a, b) for b in test) for a in train]
    np.testing.assert_array_equal(found, expected)


@given(collections(), st.integers(2, 5))
def test_groups_keep_blocks_whole(metadata, n_sides):
    n_windows = len(metadata["onset"])
    found = Timeline.of(metadata, n_windows, 200, 100.0)
    groups, chains = kept_together(found, n_sides), found.chains()
    for block in np.unique(found.block):
        assert len(set(groups[found.block == block])) == 1
    for group in np.unique(groups):  # stretches are parts of chains
        assert len(set(chains[groups == group])) == 1


@pytest.mark.parametrize("n_windows", [0, 1])
def test_few_windows(n_windows):
    assert len(kept_together(timeline(np.zeros(n_windows)), 2)) == n_windows
