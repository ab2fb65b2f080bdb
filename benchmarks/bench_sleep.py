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
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import cohen_kappa_score, f1_score

from eegzoo.sleep import SleepStream, Stager, load_stager
from eegzoo.sleep.stagers.robustsleepnet import RobustSleepNetStager

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "dreams_spindles"
TAGS = ("mass", "dodh", "mesa", "dodo", "sleep_edf", "shhs", "mros")
# DREAMS' stages in steps of 5 s, as indices of W, N1, N2, N3, R.
STAGE_OF = {5: 0, 3: 1, 2: 2, 1: 3, 0: 3, 4: 4}
HOURS = 8
Excerpts = list[tuple[np.ndarray, float, np.ndarray, np.ndarray]]


def load_excerpts(folder: Path) -> Excerpts:
    """Return each excerpt's signal in volts, sampling rate, stages, and windows of one stage."""
    excerpts = []
    with np.load(folder / "dreams_excerpts.npz") as arrays:
        for number in range(1, 9):
            volts = 1e-6 * float(arrays["scale_uv"]) * arrays[f"eeg_{number}"]
            steps = np.vectorize(STAGE_OF.get)(arrays[f"hyp5s_{number}"]).reshape(-1, 6)
            counts = np.stack([np.bincount(row, minlength=5) for row in steps])
            is_pure = counts.max(axis=1) == 6
            sfreq = float(arrays[f"fs_{number}"])
            excerpts.append((volts[None], sfreq, counts.argmax(axis=1), is_pure))
    return excerpts


def scores(truth: np.ndarray, predicted: np.ndarray) -> str:
    """Return accuracy, kappa and macro-F1 as text."""
    f1 = f1_score(truth, predicted, average="macro", labels=range(5), zero_division=0)
    values = ((truth == predicted).mean(), cohen_kappa_score(truth, predicted), f1)
    return " / ".join(f"{value:.3f}".removeprefix("0") for value in values)


def print_row(
    name: str, probabilities: Callable[[np.ndarray, float], np.ndarray], excerpts: Excerpts
) -> None:
    """Print a row of the table of accuracies."""
    found = [
        probabilities(x, sfreq)[: len(stages)].argmax(axis=1) for x, sfreq, stages, _ in excerpts
    ]
    predicted = np.concatenate(found)
    truth = np.concatenate([stages for _, _, stages, _ in excerpts])
    pure = np.concatenate([is_pure for *_, is_pure in excerpts])
    cells = scores(truth, predicted), scores(truth[pure], predicted[pure])
    print(f"| {name} | {cells[0]} | {cells[1]} |", flush=True)


def streamed(stager: Stager, x: np.ndarray, sfreq: float) -> np.ndarray:
    """Return the probabilities of the windows of a stream."""
    stream = SleepStream(stager, sfreq=sfreq, n_chans=len(x))
    return np.array([staged.probabilities for staged in stream.push(x) + stream.finish()])


def print_accuracies(excerpts: Excerpts, skip_exact: bool) -> None:
    """Print the table of accuracies."""
    print("| stager | 480 windows | 340 windows of one stage |\n|---|---|---|")
    seven = load_stager()
    print_row("robustsleepnet", seven.probabilities, excerpts)
    for tag in TAGS:
        stager = load_stager(f"robustsleepnet.{tag}")
        print_row(stager.name, stager.probabilities, excerpts)
    for name in ("seqsleepnet.physioex", "chambon2018.physioex"):
        print_row(name, load_stager(name).probabilities, excerpts)
    print_row("robustsleepnet, as a stream", lambda x, sfreq: streamed(seven, x, sfreq), excerpts)
    if skip_exact or not isinstance(seven, RobustSleepNetStager):
        return
    exact = RobustSleepNetStager("all", seven.networks, lengths=[21], exact=True)
    print_row("robustsleepnet, the authors' recipe", exact.probabilities, excerpts)
    for tag in TAGS:
        (network,) = load_stager(f"robustsleepnet.{tag}").networks
        one = RobustSleepNetStager(tag, [network], lengths=[21], exact=True)
        print_row(f"robustsleepnet.{tag}, the authors' recipe", one.probabilities, excerpts)


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
    print_accuracies(load_excerpts(arguments.data), arguments.skip_exact)
    print_times(arguments.rounds)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        peaks = {sfreq: pool.apply(peak_memory, (sfreq,)) for sfreq in (100.0, 256.0)}
    print("\nPeak memory:", ", ".join(f"{mb:.0f} MB at {hz:g} Hz" for hz, mb in peaks.items()))


if __name__ == "__main__":
    main()
