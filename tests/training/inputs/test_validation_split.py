"""The validation split equals that of scikit-learn's splitters, with no group on both sides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import (
    GroupKFold,
    LeaveOneGroupOut,
    PredefinedSplit,
    ShuffleSplit,
    StratifiedShuffleSplit,
)

from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.training import EEGClassifier
from eegzoo.training.inputs.validation_split import hold_out, validation_groups

Y = np.tile([0, 0, 1], 20)
GROUPS = np.repeat(np.arange(6), 10)


def inputs_of(**metadata):
    n_windows = len(next(iter(metadata.values()))) if metadata else 6
    X = np.zeros((n_windows, 2, 8), np.float32)
    return Inputs(X, metadata={name: np.array(of) for name, of in metadata.items()})


# Groups.


def test_groups_are_the_subjects_or_sessions_or_recordings():
    one, two = list("aaaaaa"), list("aaabbb")
    recordings = list("uvwxyz")
    found = validation_groups(
        inputs_of(subject=two, session=list("121212"), recording=recordings), None
    )
    assert found.tolist() == two
    found = validation_groups(inputs_of(subject=one, session=two, recording=recordings), None)
    assert found.tolist() == two
    found = validation_groups(inputs_of(subject=one, recording=recordings), None)
    assert found.tolist() == recordings
    assert validation_groups(inputs_of(subject=one, session=one), None) is None
    assert validation_groups(inputs_of(), None) is None
    assert validation_groups(inputs_of(onset=[1, 2, 3, 4, 5, 6]), None) is None


def test_groups_can_be_given_as_an_array_or_the_name_of_a_column():
    inputs = inputs_of(subject=list("aabbcc"), site=list("xxxyyy"))
    assert validation_groups(inputs, [1, 2, 3, 1, 2, 3]).tolist() == [1, 2, 3, 1, 2, 3]
    assert validation_groups(inputs, "site").tolist() == list("xxxyyy")


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ("lab", r"expected groups to be one of \['site', 'subject'\], got 'lab'"),
        ([1, 2], r"expected groups of shape \(6,\), got \(2,\)"),
        (np.ones((6, 1)), r"expected groups of shape \(6,\), got \(6, 1\)"),
        (3, r"expected groups of shape \(6,\), got \(\)"),
    ],
)
def test_invalid_groups_raise(groups, message):
    with pytest.raises(ValueError, match=message):
        validation_groups(inputs_of(subject=list("aabbcc"), site=list("xxxyyy")), groups)


# Splits.


def split(validation, y=Y, groups=None, seed=0, stratify=True):
    return hold_out(validation, y, groups, seed, stratify)


@pytest.mark.parametrize("validation", [0, 0.0])
def test_without_validation_there_is_no_split(validation):
    assert split(validation) is None


@pytest.mark.parametrize(
    ("stratify", "splitter"),
    [
        (True, StratifiedShuffleSplit(1, test_size=0.2, random_state=7)),
        (False, ShuffleSplit(1, test_size=0.2, random_state=7)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_fraction_without_groups_is_split_by_scikit_learn(stratify, splitter):
    truth = next(splitter.split(Y, Y))
    sides = split(0.2, groups=None, seed=7, stratify=stratify)
    for side, expected in zip(sides, truth, strict=True):
        np.testing.assert_array_equal(side, expected)
    assert len(sides[1]) == 12


@pytest.mark.parametrize(
    ("splitter", "groups"),
    [
        (GroupKFold(3), GROUPS), (LeaveOneGroupOut(), GROUPS),
        (PredefinedSplit(GROUPS % 2), None), (StratifiedShuffleSplit(1, random_state=0), None),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
@pytest.mark.parametrize("stratify", [True, False])
def test_the_first_split_of_a_splitter_is_used(splitter, groups, stratify):
    truth = next(splitter.split(Y, Y, groups))
    for side, expected in zip(
        split(splitter, groups=groups, stratify=stratify), truth, strict=True
    ):
        np.testing.assert_array_equal(side, expected)


@given(
    seed=st.integers(0, 2**31 - 1),
    share=st.floats(0.1, 0.5),
    n_groups=st.integers(4, 12),
    stratify=st.booleans(),
    grouped=st.booleans(),
)
def test_every_window_and_every_group_is_on_one_side(seed, share, n_groups, stratify, grouped):
    rng = np.random.default_rng(seed)
    n_windows = 12 * n_groups
    y = rng.permutation(np.arange(n_windows) % 2)
    groups = rng.permutation(np.repeat(np.arange(n_groups), 12)) if grouped else None
    train, valid = split(share, y, groups, seed, stratify)
    both = np.concatenate([train, valid])
    np.testing.assert_array_equal(np.sort(both), np.arange(n_windows))
    assert len(train) > 0
    assert len(valid) > 0
    if grouped:
        assert not set(groups[train]) & set(groups[valid])
    else:
        assert abs(len(valid) - share * n_windows) <= 1
        if stratify:
            assert abs(y[valid].mean() - 0.5) <= 1 / len(valid)
    again = split(share, y, groups, seed, stratify)
    np.testing.assert_array_equal(again[1], valid)


def test_another_seed_gives_another_split():
    assert split(0.2, seed=0)[1].tolist() != split(0.2, seed=1)[1].tolist()
    sides = [split(0.2, groups=GROUPS, seed=seed)[1].tolist() for seed in range(5)]
    assert len({tuple(side) for side in sides}) > 1


@pytest.mark.parametrize(("share", "n_groups"), [(0.5, 3), (0.33, 2), (0.17, 1), (0.05, 1)])
def test_a_fraction_is_rounded_to_whole_groups(share, n_groups):
    _, valid = split(share, groups=GROUPS)
    assert len(set(GROUPS[valid])) == n_groups


@pytest.mark.parametrize("share", [0.05, 0.9])
def test_one_of_two_groups_is_for_validation_whatever_the_fraction(share):
    groups = np.repeat(["a", "b"], 30)
    train, valid = split(share, groups=groups)
    assert len(set(groups[train])) == len(set(groups[valid])) == 1


def test_a_single_group_raises():
    with pytest.raises(ValueError, match="expected at least two groups for a validation, got 1"):
        split(0.2, groups=np.zeros(60))


@pytest.mark.filterwarnings("ignore:The least populated class:UserWarning")
def test_a_label_that_is_only_in_the_validation_part_raises():
    y, groups = np.repeat([0, 1, 0, 1], 15), np.repeat(["a", "b", "c", "d"], 15)
    y[groups == "d"] = 2
    first = PredefinedSplit(np.where(groups == "d", 0, -1))
    with pytest.raises(
        ValueError, match=r"label in the training part, got \[2\] only in the valid"
    ):
        split(first, y, groups)
    train, _ = split(first, y, groups, stratify=False)  # numbers need not occur on both sides
    assert not np.isin(2, y[train])


def test_a_fraction_that_is_too_small_for_all_labels_raises():
    with pytest.raises(ValueError, match="test_size"):
        split(0.01, np.array([0, 1] * 5))


# Validation in fit.


class RecordingSplitter:
    """Splitter that stores its arguments."""

    def split(self, X, y=None, groups=None):
        self.y, self.groups = y, groups
        yield np.arange(8, len(y)), np.arange(8)

    def get_n_splits(self, *_):
        return 1


def fit(**changes):
    rng = np.random.default_rng(0)
    X, y = rng.normal(0, 10, (24, 2, 32)), np.arange(24) % 2
    given = {"validation": RecordingSplitter(), **changes}
    fit_params = {name: given.pop(name) for name in ("groups", "sample_weight") if name in given}
    classifier = EEGClassifier("shallow_convnet", sfreq=32, max_epochs=1, random_state=0, **given)
    return classifier.fit(X, y, **fit_params), X, y


def test_a_splitter_gets_labels_and_groups_without_windows_of_weight_zero():
    weight = np.ones(24)
    weight[[1, 4]] = 0
    kept = weight > 0
    groups = np.arange(24) // 3
    classifier, _, y = fit(groups=groups, sample_weight=weight)
    np.testing.assert_array_equal(classifier.validation.y, y[kept])
    np.testing.assert_array_equal(classifier.validation.groups, groups[kept])


def test_the_normalisation_is_not_fitted_on_validation_windows():
    classifier, X, _ = fit(normalize="standardize")
    np.testing.assert_allclose(classifier.normalizer_.mean, X[8:].mean((0, 2)), atol=1e-5)
    assert {"valid_loss", "valid_score"} <= set(classifier.history_[0])


def test_a_group_splitter_without_groups_raises():
    with pytest.raises(ValueError, match="groups"):
        fit(validation=GroupKFold(2))


def test_a_label_with_one_window_raises_by_name():
    y = np.array([0, 1] * 10 + [2])
    with pytest.raises(ValueError, match=r"two windows of each label .* got one of \["):
        hold_out(0.25, y, None, seed=0, stratify=True)
