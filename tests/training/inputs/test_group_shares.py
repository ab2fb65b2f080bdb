"""Validation by groups holds out the share of windows that was asked for, to within a group."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eegzoo.training.inputs.validation_split import hold_out


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 30), min_size=2, max_size=20),
    share=st.floats(0.05, 0.6),
    seed=st.integers(0, 2**31),
)
def test_the_share_is_met_to_within_one_group(sizes, share, seed):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    y = np.zeros(len(groups), int)
    train, valid = hold_out(share, y, groups, seed, False)
    assert not set(groups[train]) & set(groups[valid])
    assert sorted([*train, *valid]) == list(range(len(groups)))
    assert len(train)
    assert len(valid)
    assert abs(len(valid) - share * len(groups)) <= max(sizes)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.34, 0.5])
def test_labels_keep_their_proportions(share):
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(24), 20)
    y = (rng.random(480) < np.repeat(rng.uniform(0.2, 0.8, 24), 20)).astype(int)
    train, valid = hold_out(share, y, groups, 3, True)
    assert abs(y[valid].mean() - y.mean()) < 0.05
    assert len(valid) == pytest.approx(share * 480, abs=10)
    assert set(y[train]) == {0, 1}


def test_a_label_of_one_group_stays_in_the_training():
    groups = np.repeat(np.arange(10), 6)
    y = np.where(groups == 4, 2, np.arange(60) % 2)
    for seed in range(20):
        train, _ = hold_out(0.4, y, groups, seed, True)
        assert 2 in y[train]


def test_the_seed_decides():
    groups, y = np.repeat(np.arange(12), 5), np.arange(60) % 2
    first, second = (hold_out(0.25, y, groups, seed, True)[1] for seed in (0, 1))
    np.testing.assert_array_equal(first, hold_out(0.25, y, groups, 0, True)[1])
    assert not np.array_equal(first, second)
