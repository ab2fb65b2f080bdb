"""A running alignment is, at every time, the alignment by the windows so far."""

import numpy as np
import pytest

from eegzoo.data import PersonAlignment, RunningAlignment
from eegzoo.data.preprocessing.by_person.person_alignment import METHODS

X = np.random.default_rng(0).normal(3.0, 20.0, (12, 3, 100)) * np.arange(1, 4)[:, None]
every_method = pytest.mark.parametrize("method", METHODS)


@every_method
@pytest.mark.parametrize("bands", [None, ((4, 8), (8, 13))])
def test_running_alignment_equals_that_of_the_windows_so_far(method, bands):
    alignment = PersonAlignment(method, bands=bands)
    running = RunningAlignment(alignment, 64.0)
    for end in (4, 7, 12):
        running.update(X[running.n_windows : end])
        np.testing.assert_allclose(running.fitted.matrix, alignment.fit(X[:end], 64.0).matrix)
        expected = alignment.fit(X[:end], 64.0).transform(X[:2])
        np.testing.assert_allclose(running.transform(X[:2]), expected)


def test_windows_to_come_have_no_influence():
    other = np.concatenate([X[:6], 100 * X[6:]])
    aligned = []
    for windows in (X, other):
        running = RunningAlignment(PersonAlignment())
        running.update(windows[:6])
        aligned.append(running.transform(windows[5:6]))
        running.update(windows[6:])
    np.testing.assert_array_equal(*aligned)


@every_method
def test_only_the_latest_windows_are_kept(method):
    running = RunningAlignment(PersonAlignment(method), keep=5)
    for window in X:
        running.update(window[None])
    assert running.n_windows == 5
    np.testing.assert_allclose(running.fitted.matrix, PersonAlignment(method).fit(X[-5:]).matrix)


def test_bad_use_is_refused():
    running = RunningAlignment(PersonAlignment())
    with pytest.raises(ValueError, match="expected at least 2 windows before, got none"):
        running.transform(X)
    running.update(X[:1])
    with pytest.raises(ValueError, match="expected at least 2 windows of a person"):
        running.transform(X)
    with pytest.raises(ValueError, match="expected windows of 3 channels"):
        running.update(X[:, :2])
    with pytest.raises(ValueError, match="expected an alignment without first"):
        RunningAlignment(PersonAlignment(first=5))
    with pytest.raises(ValueError, match="expected keep to be an integer of at least 2"):
        RunningAlignment(PersonAlignment(), keep=1)
