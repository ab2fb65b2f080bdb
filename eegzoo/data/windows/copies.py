"""Windows that are copies of others, up to scale, sign and rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

from eegzoo.data.windows.lazy_windows import Windows

Indices = npt.NDArray[np.int64]
Array = npt.NDArray[np.float32]
_CHUNK = 64
# Two windows are copies if they correlate by more than this, without offsets and trends.
_CORRELATION = 0.9999
# If a rhythm has this share of the power, what it does not explain must correlate as well.
_RHYTHM_SHARE, _RHYTHM_CORRELATION = 0.9, 0.5
# Projections of each window, which find the candidates.
_N_PROJECTIONS = 12
# Factor by which 12 random projections may exaggerate a squared distance: the chance that a chi
# square with 12 degrees of freedom exceeds 12 times this is 2e-10.
_SLACK = 6.0


def copied_windows(X: Array | Windows, train: Indices, test: Indices) -> list[tuple[int, int]]:
    """Return the pairs of a training and a test window that are copies of each other.

    Candidates are found by random projections of the windows, and their correlation is computed.
    Windows without any signal, only constants or ramps, are not compared.

    Parameters
    ----------
    X : array or Windows, shape (n, n_chans, n_times)
        Windows.
    train, test : array of int
        Indices of the two sides.

    Returns
    -------
    list of tuple of int
        Pairs (train, test), one for each test window that is a copy.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(4, 2, 100))
    >>> X[3] = -1.001 * X[1] + 5
    >>> copied_windows(X, np.array([0, 1]), np.array([2, 3]))
    [(1, 3)]
    """
    generator = np.random.default_rng(0)
    size = int(np.prod(X.shape[1:]))
    directions = generator.standard_normal((size, _N_PROJECTIONS), np.float32)
    directions /= np.float32(np.sqrt(_N_PROJECTIONS))
    known, tested = (_projected(X, side, directions) for side in (train, test))
    # Unit vectors with this correlation have this distance.
    radius = float(np.sqrt(2 * (1 - _CORRELATION) * _SLACK))
    train, known = train[has := known.any(axis=1)], known[has]
    test, tested = test[has := tested.any(axis=1)], tested[has]
    if not len(train) or not len(test):
        return []
    tree = KDTree(known)
    pairs = []
    found = [tree.query_ball_point(sign * tested, radius) for sign in (1, -1)]
    for place, window in enumerate(test.tolist()):
        candidates = sorted({*found[0][place], *found[1][place]})
        for start in range(0, len(candidates), _CHUNK):
            chosen = train[candidates[start : start + _CHUNK]]
            r = _unit(np.asarray(X[chosen], np.float64)) @ _unit(
                np.asarray(X[[window]], np.float64)
            ).reshape(-1)
            copies = np.flatnonzero(abs(r) > _CORRELATION)
            if copies.size and _is_rhythm(X[window]):  # such as mains, equal in all windows
                own = _innovations(np.asarray(X[chosen[copies]], np.float64))
                others = _innovations(np.asarray(X[[window]], np.float64)).reshape(-1)
                copies = copies[abs(own @ others) > _RHYTHM_CORRELATION]
            if copies.size:
                pairs.append((int(chosen[copies[0]]), window))
                break
    return pairs


def _projected(X: Array | Windows, side: Indices, directions: Array) -> Array:
    """Return random projections of the windows of a side; zero for windows without a signal."""
    parts = [
        _unit(np.asarray(X[side[start : start + _CHUNK]], np.float32)) @ directions
        for start in range(0, len(side), _CHUNK)
    ]
    return np.concatenate(parts)


def _is_rhythm(window: Any) -> bool:
    """Return whether most of a window's power is that of a single rhythm."""
    tapered = np.asarray(window, np.float64) * np.hanning(np.shape(window)[-1])
    power = (np.abs(np.fft.rfft(tapered - tapered.mean(axis=-1, keepdims=True))) ** 2).sum(axis=0)
    peak = int(power.argmax())
    near = power[max(peak - 2, 0) : peak + 3].sum()
    return bool(near > _RHYTHM_SHARE * power.sum())


def _innovations(windows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return as unit vectors what two samples do not predict of the next: a sine is predicted."""
    x = windows - windows.mean(axis=-1, keepdims=True)
    past = np.stack([x[..., 1:-1], x[..., :-2]], axis=-1)
    flat, target = past.reshape(len(x), -1, 2), x[..., 2:].reshape(len(x), -1)
    rest = np.stack([
        y - lagged @ np.linalg.lstsq(lagged, y, rcond=None)[0]
        for lagged, y in zip(flat, target, strict=True)
    ])  # fmt: skip
    norms = np.linalg.norm(rest, axis=1, keepdims=True)
    innovations: npt.NDArray[Any] = rest / np.maximum(norms, 1e-300)
    return innovations


def _unit(windows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return windows as unit vectors, without the mean and the linear trend of each channel.

    Offsets and drifts of electrodes can be so large that windows of different signals correlate.
    """
    n_times = windows.shape[-1]
    ramp = np.linspace(-1, 1, n_times, dtype=windows.dtype) if n_times > 1 else np.zeros(1)
    ramp /= np.linalg.norm(ramp) or 1
    centred = windows - windows.mean(axis=-1, keepdims=True)
    centred -= (centred @ ramp)[..., None] * ramp
    flat = centred.reshape(len(windows), -1)
    norm = np.linalg.norm(flat, axis=1, keepdims=True)
    # What is left of a constant or of a ramp is rounding error.
    size = np.linalg.norm(windows.reshape(len(windows), -1), axis=1)[:, None]
    silent = norm <= 1e-5 * size
    return np.where(silent, 0, flat / np.where(silent, 1, norm))
