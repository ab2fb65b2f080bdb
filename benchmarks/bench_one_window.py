"""Time one window on one thread: eegzoo.optimize_for_inference against the other libraries.

    python benchmarks/bench_one_window.py [--model eegnet] [--size SSVEP] [--rounds 1000]

All libraries run in one process and take turns in every round. Prints the median and the
interquartile range of each, and of the ratio to the optimized model in the same round; then whether
the goal is met: the fastest other library takes at least 1.5 times as long.
"""

from __future__ import annotations

import argparse
import copy
from pathlib import Path

import numpy as np
import torch
from bench_models import CASES, LIBRARIES, SIZES, alternate, make, step_of
from peers import stub_missing_packages, versions

import eegzoo

GOAL = 1.5
OURS = "eegzoo, optimized"


def processor() -> str:
    """Return the model name and the vector instruction sets of this machine (Linux only)."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    entries = dict(map(str.strip, line.split(":", 1)) for line in lines if ":" in line)
    flags = [f for f in entries.get("flags", "").split() if f.startswith(("avx", "fma", "amx"))]
    return f"{entries.get('model name', 'unknown')} ({' '.join(sorted(flags))})"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="eegnet", choices=list(CASES))
    parser.add_argument("--size", default="SSVEP", choices=list(SIZES))
    parser.add_argument("--rounds", type=int, default=1000)
    arguments = parser.parse_args()
    stub_missing_packages()
    torch.set_num_threads(1)
    built = {name: make(name, arguments.model, arguments.size) for name in LIBRARIES}
    models = {name: model for name, model in built.items() if model is not None}
    plain = models["eegzoo"]
    models[OURS] = eegzoo.optimize_for_inference(plain)
    x = torch.randn(1, plain.n_chans, plain.n_times)
    with torch.no_grad():
        torch.testing.assert_close(models[OURS](x), copy.deepcopy(plain).eval()(x))
    steps = {name: step_of("one window", model, arguments.size) for name, model in models.items()}
    times = {name: np.array(taken) for name, taken in alternate(steps, arguments.rounds).items()}
    print(f"{processor()}; one thread; {versions('torch', 'braindecode', 'selfeeg', 'torcheeg')}\n")
    print(f"| {arguments.model}, one window {plain.n_chans} x {plain.n_times} | ms | ratio |")
    print("|---|---|---|")
    ratios = {name: taken / times[OURS] for name, taken in times.items()}
    for name, taken in times.items():
        cells = []
        for values in (taken, ratios[name]):
            low, median, high = np.percentile(values, [25, 50, 75])
            cells.append(f"{median:.3f} ({low:.3f} to {high:.3f})")
        print(f"| {name} | {' | '.join(cells)} |")
    peers = {name: np.median(r) for name, r in ratios.items() if not name.startswith("eegzoo")}
    if peers:
        fastest = min(peers, key=peers.__getitem__)
        met = "met" if peers[fastest] >= GOAL else "missed"
        print(f"\nfastest peer: {fastest}, {peers[fastest]:.2f} times; goal {GOAL} {met}")


if __name__ == "__main__":
    main()
