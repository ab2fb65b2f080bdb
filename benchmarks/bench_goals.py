"""Print each goal for speed and memory, whether it is met, and for missed ones a profile.

    python benchmarks/bench_goals.py [--models shallow_convnet ...] [--threads 2] [--rounds 11]
        [--clock processor]

The peers run in the same process and take turns in every round; a ratio is that of the medians, to
the fastest of the peers that `--peers` names. Goals are for a CPU with AVX2 and without AVX-512:
ONEDNN_MAX_CPU_ISA=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2 ATEN_CPU_CAPABILITY=avx2 makes a newer one
compute as such a CPU does.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

import numpy as np
import torch
from bench_models import SIZES, alternate, make, peaks, step_of
from goals import (
    GOALS,
    HEADER,
    INFERENCE,
    MEMORY,
    OPTIMIZED,
    TRAINING,
    Goal,
    is_missed,
    profile_lines,
    row_of,
)
from peers import machine, stub_missing_packages, versions
from results_table import markdown

import eegzoo

# With one thread, the processor's time is not lengthened by waiting for a core that others use.
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
LIMITS = ("ONEDNN_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS", "ATEN_CPU_CAPABILITY")


def measure(
    goal: Goal, peers: list[str], threads: int, rounds: int, clock: Callable[[], float]
) -> dict[str, float]:
    """Return the median of each library in milliseconds, or MiB for memory."""
    size = size_of(goal)
    built = {library: make(library, goal.model, size) for library in ("eegzoo", *peers)}
    models = {library: model for library, model in built.items() if model is not None}
    several = goal.step in (TRAINING, INFERENCE)
    torch.set_num_threads(threads if several else 1)
    if goal.step == MEMORY:
        found = peaks(list(models), goal.model, size)
    else:
        if goal.step == OPTIMIZED:
            models["eegzoo"] = eegzoo.optimize_for_inference(models["eegzoo"])
        kind = goal.step if several else "one window"
        steps = {library: step_of(kind, model, size) for library, model in models.items()}
        found = alternate(steps, rounds if several else 30 * rounds, clock)
    return {library: float(np.median(values)) for library, values in found.items()}


def size_of(goal: Goal) -> str:
    """Return the name in `SIZES` of the sizes of a goal, and add it there."""
    for name, sizes in SIZES.items():
        if sizes[:3] == (goal.batch, goal.n_chans, goal.n_times):
            return name
    name = f"{goal.batch} x {goal.n_chans} x {goal.n_times}"
    SIZES[name] = (goal.batch, goal.n_chans, goal.n_times, 250 if goal.n_times == 1000 else 256)
    return name


def profile(goal: Goal) -> list[str]:
    """Return where the time of five steps of eegzoo's model goes."""
    model = make("eegzoo", goal.model, size_of(goal))
    if goal.step == OPTIMIZED:
        model = eegzoo.optimize_for_inference(model)
    kind = TRAINING if goal.step in (TRAINING, MEMORY) else INFERENCE
    step = step_of(kind, model, size_of(goal))
    step()
    of_memory = goal.step == MEMORY
    with torch.profiler.profile(profile_memory=of_memory) as profiler:
        for _ in range(5):
            step()
    field = "self_cpu_memory_usage" if of_memory else "self_cpu_time_total"
    entries = {entry.key: max(0.0, getattr(entry, field)) for entry in profiler.key_averages()}
    return profile_lines(entries)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = sorted({goal.model for goal in GOALS})
    parser.add_argument("--models", nargs="+", default=names, choices=names)
    parser.add_argument("--steps", nargs="+", help="steps to measure; default: all")
    parser.add_argument("--threads", type=int, default=2, help="for batches; one otherwise")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall")
    parser.add_argument("--peers", nargs="+", default=["braindecode"])
    arguments = parser.parse_args()
    stub_missing_packages()
    limits = " ".join(f"{name}={os.environ[name]}" for name in LIMITS if name in os.environ)
    print(f"{machine()}; {limits or 'all instructions'}; ", end="")
    print(f"{arguments.threads} threads for batches; {arguments.clock} time; ", end="")
    print(f"{versions('torch', *arguments.peers)}\n\n{markdown(HEADER)}\n|{'---|' * len(HEADER)}")
    missed = []
    for goal in GOALS:
        if goal.model not in arguments.models or goal.step not in (arguments.steps or [goal.step]):
            continue
        settings = arguments.peers, arguments.threads, arguments.rounds, CLOCKS[arguments.clock]
        row = row_of(goal, measure(goal, *settings))
        print(markdown(row), flush=True)
        if is_missed(row):
            missed.append(goal)
    for goal in missed:
        print(f"\nmissed: {goal.model}, {goal.step}; shares of eegzoo's own time or memory:")
        print("\n".join(f"  {line}" for line in profile(goal)), flush=True)


if __name__ == "__main__":
    main()
