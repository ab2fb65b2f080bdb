"""Copies of windows are found up to scale, sign and rounding, and nothing else is."""

import numpy as np
import pytest

from eegzoo.data.windows.copies import copied_windows

TRAIN, TEST = np.arange(20), np.arange(20, 40)


def windows(seed=0, shape=(40, 3, 200), drift=0.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(0, 20, shape).cumsum(axis=-1)  # slow, as EEG is
    X += rng.normal(0, 1, (1, shape[1], 1)) * 1e5 + drift * np.linspace(0, 1, shape[-1])
    return X.astype(np.float32)


def rounded(x):
    step = np.ptp(x) / 2**16
    return np.round(x / step) * step


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x, lambda x: x * 1.0000001, lambda x: -x, lambda x: 1e-6 * x,
        lambda x: x + np.float32(3), lambda x: rounded(x - x.mean(axis=-1, keepdims=True)),
    ],
    ids=["equal", "1.0000001", "sign", "volts", "offset", "16 bits"],
)  # fmt: skip
def test_copies_are_found(change):
    X = windows().astype(np.float64)
    X[27] = change(X[4])
    assert copied_windows(X, TRAIN, TEST) == [(4, 27)]


@pytest.mark.parametrize("drift", [0.0, 1e7])
def test_other_windows_are_no_copies(drift):
    assert copied_windows(windows(drift=drift), TRAIN, TEST) == []


def test_windows_that_are_alike_but_no_copies():
    X = windows().astype(np.float64)
    centred = X[4] - X[4].mean(axis=-1, keepdims=True)
    other = np.random.default_rng(5).normal(size=centred.shape)
    X[27] = centred + 0.03 * other * centred.std() / other.std()  # r = .9995
    assert copied_windows(X, TRAIN, TEST) == []


def test_windows_without_signal_are_not_compared():
    X = windows()
    X[[3, 30]] = 0
    X[[4, 31]] = 7.5
    assert copied_windows(X, TRAIN, TEST) == []


def test_every_copy_is_reported_once():
    X = windows()
    X[21], X[22], X[5] = X[4], -X[4], X[4]
    assert [test for _, test in copied_windows(X, TRAIN, TEST)] == [21, 22]
