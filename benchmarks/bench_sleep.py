"""Stage DREAMS' excerpts with the trained networks, and time eight hours of sleep.

    python benchmarks/bench_sleep.py [--data FOLDER] [--skip-exact] [--rounds 3]

Prints accuracy, kappa and macro-F1 of each stager on all windows of 30 s and on those of one
stage; then, for eight hours of one channel on one thread, the CPU time after loading and the peak
of the memory of a process that does nothing else.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from pathlib import Path

import numpy as np
import torch

from eegzoo.reproduction import find_entries
from eegzoo.reproduction.protocols.staging import ALL, MEASURES, PURE, excerpts
from eegzoo.reproduction.recordings import dreams
from eegzoo.reproduction.run import Run
from eegzoo.sleep import load_stager

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "dreams_spindles"
HOURS = 8


def print_accuracies(folder: Path, skip_exact: bool) -> None:
    """Print the table of accuracies, which `eegzoo reproduce bench:sleep` compares."""
    (entry,) = find_entries("bench:sleep")
    recordings = dreams.load(entry.data, folder.parent)
    print("| stager | 480 windows | 340 windows of one stage |\n|---|---|---|")
    for label, how in entry.parameters["stagers"].items():
        if skip_exact and how.get("exact"):
            continue
        scores = excerpts(recordings, Run(entry.name), stagers={label: how})
        found = {(score.label, score.measure): score.value for score in scores}
        cells = (
            " / ".join(
                f"{found[f'{label}, {part}', measure]:.3f}".removeprefix("0")
                for measure in MEASURES
            )
            for part in (ALL, PURE)
        )
        print(f"| {label} | {' | '.join(cells)} |", flush=True)


def night(sfreq: float) -> np.ndarray:
    """Return eight hours of noise with the slope of EEG, in volts."""
    n_samples = int(HOURS * 3600 * sfreq)
    steps = np.random.default_rng(0).standard_normal(n_samples, dtype=np.float32)
    return 1e-6 * steps.cumsum()[None]


def print_times(n_rounds: int) -> None:
    """Print the CPU time of a night by each stager, which take turns."""
    torch.set_num_threads(1)
    names = (
        "robustsleepnet",
        "robustsleepnet.mesa",
        "seqsleepnet.physioex",
        "chambon2018.physioex",
    )
    stagers = {name: load_stager(name) for name in names}
    print(f"\n| CPU seconds, {HOURS} h, one thread | 100 Hz | 256 Hz |\n|---|---|---|")
    taken: dict[str, dict[float, list[float]]] = {name: {} for name in names}
    for sfreq in (100.0, 256.0):
        x = night(sfreq)
        for _ in range(n_rounds):
            for name, stager in stagers.items():
                start = time.process_time()
                stager.probabilities(x, sfreq)
                taken[name].setdefault(sfreq, []).append(time.process_time() - start)
    for name, times in taken.items():
        cells = " | ".join(f"{np.median(values):.2f}" for values in times.values())
        print(f"| {name} | {cells} |")


def peak_memory(sfreq: float) -> float:
    """Return the peak memory in MB of this process after staging a night by seven networks."""
    torch.set_num_threads(1)
    load_stager().probabilities(night(sfreq), sfreq)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of dreams_excerpts.npz")
    parser.add_argument("--skip-exact", action="store_true", help="leave out the slow recipe")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print_accuracies(arguments.data, arguments.skip_exact)
    print_times(arguments.rounds)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        peaks = {sfreq: pool.apply(peak_memory, (sfreq,)) for sfreq in (100.0, 256.0)}
    print("\nPeak memory:", ", ".join(f"{mb:.0f} MB at {hz:g} Hz" for hz, mb in peaks.items()))


if __name__ == "__main__":
    main()
