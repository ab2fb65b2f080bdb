"""The windows of each person are aligned by this person's windows alone."""

import numpy as np
import pytest

from eegzoo.data import EpochsDataset, PersonAlignment, SignalInfo, align_people
from eegzoo.data.preprocessing.by_person.person_alignment import METHODS
from eegzoo.data.windows.aligned_people import (
    AlignedWindows,
    aligned_inputs,
    causally_aligned,
)
from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.data.windows.lazy_windows import Windows

PEOPLE = np.array(["ann", "bob", "ann", "cid"] * 5)
SCALE = np.array([{"ann": 5.0, "bob": 50.0, "cid": 20.0}[name] for name in PEOPLE])
X = np.random.default_rng(0).normal(0, SCALE[:, None, None], (20, 3, 100)).astype(np.float32)
INFO = SignalInfo(["C3", "Cz", "C4"], 64.0, 100)
every_method = pytest.mark.parametrize("method", METHODS)


class LazyWindows(Windows):
    def __init__(self, X):
        self.X, self.shape = X, X.shape

    def read(self, indices):
        return self.X[indices]


@every_method
def test_each_person_is_aligned_alone(method):
    alignment = PersonAlignment(method)
    aligned = aligned_inputs(Inputs(X), alignment, PEOPLE).X
    for name in ("ann", "bob", "cid"):
        rows = np.flatnonzero(np.isin(PEOPLE, name))
        expected = alignment.fit(X[rows]).transform(X[rows])
        np.testing.assert_array_equal(aligned[rows], expected)


@every_method
def test_other_people_have_no_influence(method):
    changed = X.copy()
    changed[PEOPLE != "ann"] *= np.linspace(0.5, 2.0, 100, dtype=np.float32)
    ann = PEOPLE == "ann"
    found = [
        aligned_inputs(Inputs(x), PersonAlignment(method), PEOPLE).X[ann] for x in (X, changed)
    ]
    np.testing.assert_array_equal(*found)


@every_method
def test_windows_on_disk_equal_those_in_memory(method):
    alignment = PersonAlignment(method)
    lazy = aligned_inputs(Inputs(LazyWindows(X)), alignment, PEOPLE).X
    assert isinstance(lazy, AlignedWindows)
    expected = aligned_inputs(Inputs(X), alignment, PEOPLE).X
    np.testing.assert_array_equal(lazy[:], expected)
    np.testing.assert_array_equal(lazy[[7, 2, 2]], expected[[7, 2, 2]])


def test_sequences_are_aligned_window_by_window_without_their_padding():
    sequences = X.reshape(5, 4, 3, 100).copy()
    mask = np.ones((5, 4), bool)
    mask[1:, 3] = False
    people = np.array(["ann", "bob", "ann", "bob", "ann"])
    alignment = PersonAlignment("euclid")
    aligned = aligned_inputs(Inputs(sequences), alignment, people, mask).X
    ann = people == "ann"
    fitted = alignment.fit(sequences[ann][mask[ann]])
    np.testing.assert_array_equal(aligned[2], fitted.transform(sequences[2]))
    sequences[~mask] = 1e4
    again = aligned_inputs(Inputs(sequences), alignment, people, mask).X
    np.testing.assert_array_equal(again[mask], aligned[mask])


def test_without_people_all_windows_are_of_one():
    aligned = aligned_inputs(Inputs(X), PersonAlignment(), None).X
    np.testing.assert_array_equal(aligned, PersonAlignment().fit(X).transform(X))
    assert len(aligned_inputs(Inputs(X[:0]), PersonAlignment(), None).X) == 0


def test_person_with_one_window_is_named():
    people = np.where(np.arange(20) == 3, "dan", PEOPLE)
    with pytest.raises(ValueError, match="the windows of dan cannot be aligned: expected at least"):
        aligned_inputs(Inputs(X), PersonAlignment(), people)


def test_data_set_is_aligned_by_a_column():
    y = np.arange(20) % 2
    dataset = EpochsDataset(X, y, ("a", "b"), INFO, {"subject": PEOPLE, "half": PEOPLE == "ann"})
    aligned = align_people(dataset)
    np.testing.assert_array_equal(aligned.X, aligned_inputs(Inputs(X), PersonAlignment(), PEOPLE).X)
    assert aligned.info.unit == "normalized"
    assert aligned.metadata.keys() == dataset.metadata.keys()
    halves = align_people(dataset, "riemann", by="half")
    expected = aligned_inputs(Inputs(X), PersonAlignment("riemann"), PEOPLE == "ann").X
    np.testing.assert_array_equal(halves.X, expected)
    together = align_people(dataset, by=None)
    np.testing.assert_array_equal(together.X, PersonAlignment().fit(X).transform(X))
    with pytest.raises(ValueError, match="expected groups to be one of"):
        align_people(dataset, by="night")
    with pytest.raises(ValueError, match="got None"):
        align_people(dataset, None)


def test_rate_for_bands_is_that_of_the_signal():
    alignment = PersonAlignment(bands=[(4, 8), (8, 13)])
    expected = alignment.fit(X, 64.0).transform(X)
    found = aligned_inputs(Inputs(X, info=INFO), alignment, None, sfreq=999.0).X
    np.testing.assert_array_equal(found, expected)
    found = aligned_inputs(Inputs(X), alignment, None, sfreq=64.0).X
    np.testing.assert_array_equal(found, expected)


# Causally


@every_method
def test_causal_alignment_reads_no_window_to_come(method):
    alignment = PersonAlignment(method)
    aligned = causally_aligned(Inputs(X), alignment).X
    for row in (5, 9, 19):
        expected = alignment.fit(X[: row + 1]).transform(X[row : row + 1])[0]
        np.testing.assert_allclose(aligned[row], expected, atol=1e-6)
        later = np.concatenate([X[: row + 1], 30 * X[row + 1 :]])
        again = causally_aligned(Inputs(later), alignment).X
        np.testing.assert_array_equal(again[: row + 1], aligned[: row + 1])
    np.testing.assert_array_equal(aligned[:5], alignment.fit(X[:5]).transform(X[:5]))


def test_causal_alignment_by_the_first_windows():
    aligned = causally_aligned(Inputs(X), PersonAlignment(first=8)).X
    np.testing.assert_array_equal(aligned[8:], PersonAlignment().fit(X[:8]).transform(X[8:]))
