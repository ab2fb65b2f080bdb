"""Signals of derivations, and the windows in which each can be used."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.signal.bad_stretches import bad_spans
from eegzoo.sleep.inputs.derivations import Derivation
from eegzoo.sleep.inputs.unscored import (
    WindowGrid,
    filled,
    typical_range,
    unusable_samples,
    unusable_windows,
)

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class UsableSignals:
    """Signals of derivations with the windows in which they can be used.

    Parameters
    ----------
    derivations : tuple of Derivation
        Derivations that can be used in at least one window.
    signals : array of float, shape (n_derivations, n_times)
        Signals in volts, finite.
    reasons : array of str, shape (n_derivations, n_windows)
        Why a derivation cannot be used in a window; an empty string where it can.
    left_out : dict of str to str
        Reason for which each other derivation can be used in no window.
    """

    derivations: tuple[Derivation, ...]
    signals: Array
    reasons: npt.NDArray[np.object_]
    left_out: dict[str, str]

    def first(self, n: int) -> UsableSignals:
        """Return the first derivations, with the others left out."""
        lost = {derivation.name: f"the network takes {n}" for derivation in self.derivations[n:]}
        return UsableSignals(
            self.derivations[:n], self.signals[:n], self.reasons[:n], {**self.left_out, **lost}
        )

    @property
    def usable(self) -> Mask:
        """Whether each derivation can be used in each window, (n_derivations, n_windows)."""
        return np.asarray(self.reasons == "", bool)


def usable_signals(
    raw: mne.io.BaseRaw, derivations: Sequence[Derivation], grid: WindowGrid
) -> UsableSignals:
    """Read derivations, and find the windows in which they can be used.

    A derivation cannot be used where one of its channels is missing, saturated or flat, nor where
    their difference is flat, as between electrodes with a bridge of gel.

    Raises
    ------
    ValueError
        If no derivation can be used in any window.
    """
    sources = {name: _read(raw, name) for name in dict.fromkeys(_sources(derivations))}
    signals = [_derived(derivation, sources) for derivation in derivations]
    differences = [x for x, own in zip(signals, derivations, strict=True) if own.minus]
    usual = max(typical_range(x, grid.sfreq) for x in (*sources.values(), *differences))
    spans = bad_spans(raw)
    masks = {name: unusable_samples(x, grid.sfreq, usual, spans) for name, x in sources.items()}
    reasons = []
    for derivation, x in zip(derivations, signals, strict=True):
        own = dict(masks[derivation.plus])
        if derivation.minus is not None:
            others = masks[derivation.minus], unusable_samples(x, grid.sfreq, usual)
            for other in others:
                own = {reason: own[reason] | other[reason] for reason in own}
        reasons.append(unusable_windows(own, grid))
    kept = [place for place, found in enumerate(reasons) if (found == "").any()]
    left_out = {
        derivation.name: _most_frequent(found)
        for place, (derivation, found) in enumerate(zip(derivations, reasons, strict=True))
        if place not in kept
    }
    if not kept:
        shown = ", ".join(f"{name} ({reason})" for name, reason in left_out.items())
        raise ValueError(f"expected a signal that can be staged, got in every window: {shown}")
    return UsableSignals(
        tuple(derivations[place] for place in kept),
        _stacked([filled(signals[place]) for place in kept]),
        np.array([reasons[place] for place in kept], dtype=object),
        left_out,
    )


def derivation_signal(raw: mne.io.BaseRaw, derivation: Derivation) -> Array:
    """Return the signal of a derivation in volts, shape (n_times,)."""
    return _derived(derivation, {name: _read(raw, name) for name in derivation.sources})


def without_windows(signals: Array, kept: Mask, grid: WindowGrid) -> Array:
    """Return signals without some windows, as if the others were consecutive.

    What follows a gap is shifted to the level of what precedes it, because filters answer to a
    step. Nothing is put into the gap: flat signal would change the statistics by which networks
    normalise the windows around it.

    Parameters
    ----------
    signals : array of float, shape (n_chans, n_times)
        Signals.
    kept : array of bool, shape (n_windows,)
        Windows that stay.
    grid : WindowGrid
        Windows.

    Returns
    -------
    array of float, shape (n_chans, n_samples)
        Signals, as long as the windows that stay.

    Examples
    --------
    >>> signals = np.array([[0.0, 1, 7, 7, 5, 6]])
    >>> without_windows(signals, np.array([True, False, True]), WindowGrid(6, 1.0, 2.0)).tolist()
    [[0.0, 1.0, 1.0, 2.0]]
    """
    parts: list[Array] = []
    for start, stop in _runs(kept, grid):
        part = signals[:, start:stop]
        if parts:
            part = part + (parts[-1][:, -1:] - part[:, :1])
        parts.append(part)
    joined = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
    # Where a window is no whole number of samples, rounding may leave a sample too few.
    wanted = math.ceil(int(kept.sum()) * grid.window_seconds * grid.sfreq - 1e-6)
    if joined.shape[1] < wanted:
        return np.pad(joined, ((0, 0), (0, wanted - joined.shape[1])), mode="edge")
    return joined[:, :wanted]


def _runs(kept: Mask, grid: WindowGrid) -> Iterator[tuple[int, int]]:
    """Yield the first and the last sample, exclusive, of each run of windows."""
    edges = grid.edges
    changes = np.flatnonzero(np.diff(np.concatenate([[False], kept, [False]]).astype(np.int8)))
    for first, last in changes.reshape(-1, 2):
        yield int(edges[first]), int(edges[last])


def _stacked(signals: Sequence[Array]) -> Array:
    """Return signals as rows; a single one is not copied, because a night is large."""
    return signals[0][None] if len(signals) == 1 else np.stack(signals)


def _sources(derivations: Sequence[Derivation]) -> Iterator[str]:
    for derivation in derivations:
        yield from derivation.sources


def _read(raw: mne.io.BaseRaw, name: str) -> Array:
    signal: Array = raw.get_data(picks=[name], verbose="ERROR")[0]
    return signal


def _derived(derivation: Derivation, sources: dict[str, Array]) -> Array:
    plus = sources[derivation.plus]
    return plus if derivation.minus is None else plus - sources[derivation.minus]


def _most_frequent(reasons: npt.NDArray[np.object_]) -> str:
    names, counts = np.unique(reasons.astype(str), return_counts=True)
    return str(names[counts.argmax()])
