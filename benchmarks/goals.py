"""Goals for the speed and memory of eegzoo beside braindecode, and whether they are met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TRAINING, INFERENCE = "training", "inference"
ONE_WINDOW, OPTIMIZED, MEMORY = "one window", "one window, optimized", "memory"


@dataclass(frozen=True)
class Goal:
    """One goal: a peer takes at least `ratio` times the time or memory of eegzoo.

    Parameters
    ----------
    model : str
        Name of the model.
    batch, n_chans, n_times : int
        Sizes of the windows.
    step : str
        What is measured.
    ratio : float
        Smallest ratio of the peer to eegzoo.
    """

    model: str
    batch: int
    n_chans: int
    n_times: int
    step: str
    ratio: float


def _of_both(model: str, batch: int, training: float, inference: float) -> tuple[Goal, ...]:
    sizes = (model, batch, 22, 1000)
    return Goal(*sizes, TRAINING, training), Goal(*sizes, INFERENCE, inference)


# For a CPU with AVX2 and without AVX-512, two threads; one thread for one window and memory.
GOALS = (
    *_of_both("eegnet", 64, 14, 25),
    *_of_both("shallow_convnet", 32, 10, 6.5),
    *_of_both("deep_convnet", 32, 4, 5),
    *_of_both("eegconformer", 16, 5, 6),
    *_of_both("atcnet", 32, 10, 11),
    Goal("eegnet", 1, 8, 256, OPTIMIZED, 5),
    Goal("eegnet", 1, 8, 256, ONE_WINDOW, 1.5),
    Goal("eegnet", 64, 22, 1000, MEMORY, 4),
    Goal("shallow_convnet", 64, 22, 1000, MEMORY, 1),
    Goal("deep_convnet", 64, 22, 1000, MEMORY, 1),
    Goal("eegconformer", 64, 22, 1000, MEMORY, 1),
    Goal("atcnet", 64, 22, 1000, MEMORY, 1),
)
HEADER = ("model", "windows", "step", "eegzoo", "peer", "ratio", "goal", "result")


def ratio_of(measured: Mapping[str, float], ours: str = "eegzoo") -> tuple[str, float] | None:
    """Return the best peer and its measure divided by ours; None without a peer.

    Parameters
    ----------
    measured : mapping of str to float
        Time or memory by library; entries that begin with `ours` are no peers.
    ours : str
        Name of our entry.
    """
    peers = {name: value for name, value in measured.items() if not name.startswith(ours)}
    if not peers:
        return None
    best = min(peers, key=peers.__getitem__)
    return best, peers[best] / measured[ours]


def row_of(goal: Goal, measured: Mapping[str, float]) -> tuple[str, ...]:
    """Return the cells of `HEADER` for one goal.

    Parameters
    ----------
    goal : Goal
        Goal.
    measured : mapping of str to float
        Milliseconds, or MiB for memory, by library.
    """
    unit = "MiB" if goal.step == MEMORY else "ms"
    windows = f"{goal.batch} x {goal.n_chans} x {goal.n_times}"
    found = ratio_of(measured)
    ours = f"{measured['eegzoo']:.3g} {unit}"
    if found is None:
        return goal.model, windows, goal.step, ours, "-", "-", f"{goal.ratio:g}", "not compared"
    peer, ratio = found
    result = "met" if ratio >= goal.ratio else f"missed ({ratio / goal.ratio:.0%})"
    shown = f"{peer} {measured[peer]:.3g} {unit}"
    return goal.model, windows, goal.step, ours, shown, f"{ratio:.2f}", f"{goal.ratio:g}", result


def is_missed(row: Sequence[str]) -> bool:
    """Return whether a row of `row_of` is a missed goal."""
    return row[-1].startswith("missed")


def profile_lines(self_times: Mapping[str, float], most: int = 6) -> list[str]:
    """Return the operations that take the most time, with their shares.

    Parameters
    ----------
    self_times : mapping of str to float
        Time in each operation, without those that it calls.
    most : int
        Number of operations.
    """
    total = sum(self_times.values()) or 1.0
    slowest = sorted(self_times.items(), key=lambda item: -item[1])[:most]
    return [f"{time / total:4.0%} {name}" for name, time in slowest]
