"""Mains that are louder than EEG do not make copies of windows; copies with mains are found."""

import numpy as np
import pytest

from eegzoo.data.windows.copies import copied_windows


def make_windows(n=8):
    rng = np.random.default_rng(0)
    times = np.arange(385) / 128
    phases = rng.uniform(0, 1e-3, n)  # windows at nearly the same phase
    mains = 2000 * np.sin(2 * np.pi * 50 * times + phases[:, None])
    return (mains[:, None] + 10 * rng.standard_normal((n, 4, 385))).astype(np.float32)


def test_windows_dominated_by_mains_are_no_copies():
    X = make_windows()
    r = np.corrcoef(X.reshape(len(X), -1))
    assert r[0, 1] > 0.9999
    assert copied_windows(X, np.arange(4), np.arange(4, 8)) == []


@pytest.mark.parametrize("factor", [1.0, 1.0000001, -1.0, 0.3])
def test_copies_of_windows_dominated_by_mains_are_found(factor):
    X = make_windows()
    X[6] = np.round(factor * X[2] / 0.1) * 0.1  # rounded, as by another file format
    assert copied_windows(X, np.arange(4), np.arange(4, 8)) == [(2, 6)]
