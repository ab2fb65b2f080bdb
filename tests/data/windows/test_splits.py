"""A split in which training windows leak into the test raises an error."""

import numpy as np
import pytest
from sklearn.model_selection import GroupKFold

from eegzoo.data import EpochsDataset, SignalInfo, check_leakage, official_split
from eegzoo.data.windows.lazy_windows import Windows


def make(n_windows=24, spacing=4.0, n_times=400, lazy=False, **metadata):
    """Return windows of 4 s of two subjects with two sessions of two recordings each."""
    numbers = np.arange(n_windows)
    X = np.random.default_rng(0).normal(0, 20, (n_windows, 2, n_times)).astype(np.float32)
    known = {
        "subject": numbers // 12,
        "session": numbers // 6,
        "recording": numbers // 3,
        "onset": (numbers % 3) * spacing,
        **metadata,
    }
    if lazy:
        X = InMemory(X)
    info = SignalInfo(["C3", "C4"], 100.0, n_times)
    return EpochsDataset(X, numbers % 2, ["a", "b"], info, known)


class InMemory(Windows):
    def __init__(self, X):
        self.X, self.shape = X, X.shape

    def read(self, indices):
        return self.X[indices]


def test_group_folds_pass():
    dataset = make()
    for by in ("subject", "session", "recording"):
        for train, test in GroupKFold(2).split(dataset, groups=dataset.groups(by)):
            check_leakage(dataset, train, test, apart=by)


@pytest.mark.parametrize(("by", "half"), [("recording", 1), ("session", 3), ("subject", 6)])
def test_a_group_on_both_sides_raises(by, half):
    dataset = make()
    with pytest.raises(ValueError, match=rf"train and test to share no {by}, got \[0\] in both"):
        check_leakage(dataset, np.arange(half), np.arange(half, 24), apart=by)


def test_smaller_groups_than_apart_may_be_split():
    check_leakage(make(), [0], [1], apart=None)
    check_leakage(make(), np.arange(6), np.arange(6, 24), apart="session")


@pytest.mark.parametrize("spacing", [3.98, 2.0, 0.0])
def test_overlapping_windows_of_one_recording_raise(spacing):
    dataset = make(spacing=spacing)
    with pytest.raises(
        ValueError, match=r"no window in test to overlap one in train, got .* \[\(0, 1\)\]"
    ):
        check_leakage(dataset, [0], [1, 5], apart=None)
    check_leakage(dataset, [0, 1, 2], [3, 4, 5])  # the same onsets in another recording


def test_adjacent_windows_do_not_overlap():
    check_leakage(make(spacing=4.0), [0, 2], [1], apart=None)


def test_overlapping_pairs_are_found_among_other_windows():
    onset = np.array([0.0, 10.0, 10.5, 13.0, 30.0, 40.0])
    dataset = make(6, recording=np.zeros(6), onset=onset)
    with pytest.raises(ValueError, match=r"got the pairs \(train, test\) \[\(1, 3\), \(2, 3\)\]"):
        check_leakage(dataset, [0, 1, 2], [3, 4, 5], apart=None)


@pytest.mark.parametrize("lazy", [False, True])
def test_copied_windows_raise(lazy):
    dataset = make(lazy=lazy)
    (dataset.X.X if lazy else dataset.X)[20] = dataset.X[2]
    with pytest.raises(ValueError, match=r"no window in test to be a copy .* \[\(2, 20\)\]"):
        check_leakage(dataset, np.arange(12), np.arange(12, 24), apart="subject")


def test_a_window_on_both_sides_raises():
    with pytest.raises(ValueError, match=r"train and test to share no window, got \[3\]"):
        check_leakage(make(), [0, 3], [3, 12])


def test_masks_are_accepted():
    train = np.arange(24) < 12
    check_leakage(make(), train, ~train, apart="subject")
    with pytest.raises(ValueError, match="expected test to have at least one window, got none"):
        check_leakage(make(), train, train & ~train)


def test_unknown_groups_and_missing_metadata_raise():
    dataset = make()
    with pytest.raises(ValueError, match="expected apart to be one of 'subject'"):
        check_leakage(dataset, [0], [12], apart="person")
    del dataset.metadata["onset"]
    with pytest.raises(
        ValueError, match=r"columns \['onset', 'recording'\] .* got \['recording', 's"
    ):
        check_leakage(dataset, [0], [12])
    del dataset.metadata["subject"]
    with pytest.raises(
        ValueError, match=r"columns \['onset', 'recording', 'subject'\] in the meta"
    ):
        check_leakage(dataset, [0], [12], apart="subject")


def test_the_official_split_is_taken_from_the_metadata():
    dataset = make(split=np.where(np.arange(24) % 5 == 0, "test", "train"))
    train, test = official_split(dataset)
    assert test.tolist() == [0, 5, 10, 15, 20]
    assert sorted([*train, *test]) == list(range(24))
    with pytest.raises(ValueError, match="got 'split'"):
        official_split(make())
