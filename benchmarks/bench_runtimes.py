"""Time models in all runtimes and beside other libraries: one window, a batch, and memory.

    python benchmarks/bench_runtimes.py [--models eegnet shallow_convnet] [--batch 32]
        [--rounds 15] [--seconds 20] [--threads 1] [--clock processor] [--memory eager optimized]
        [--csv rows.csv]

All runtimes and libraries of a model run in one process and take turns in every round; values are
medians. There are fewer rounds, but at least three, where they would take longer than `--seconds`.
Memory is the peak of ten batches beyond the model and its batch, in a process of its own.
"difference" is the largest from the eager model, relative to its largest output. A runtime that is
not installed, or that does not take a model, is left out, with a message. Models that are in the
file of `--csv` are not measured again. The last tables have one row for each model.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from bench_models import CASES, LIBRARIES, SIZES, make, memory_mib
from peers import machine, report_left_out, stub_missing_packages, versions
from results_table import markdown
from runtimes import RUNTIMES, largest_difference

import eegzoo

# The processor's time, of all threads, says little with several threads, but is not lengthened by
# waiting for a core that other programs use.
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
PEERS = {"plain torch": "eegzoo, fused=False"} | {
    name: name for name in LIBRARIES if not name.startswith("eegzoo")
}
HEADER = (
    "model", "window", "runtime", "ms a window", "windows a second", "MiB", "difference",
)  # fmt: skip
WIDE = {
    "ms a window": "Time of one window in ms",
    "windows a second": "Windows a second in a batch",
    "MiB": "Peak memory in MiB",
    "difference": "Largest difference from eager",
}
Run = Callable[[torch.Tensor], object]


def standard_model(name: str) -> eegzoo.EEGModel:
    """Return a model of the paper's size, in evaluation."""
    torch.manual_seed(0)
    return eegzoo.create_model(name, **eegzoo.models.find_entry(name).standard).eval()


def runs_of(name: str, model: eegzoo.EEGModel) -> dict[str, Run]:
    """Return the functions of a batch, by runtime and library; report those that are left out."""
    found = {}
    for runtime in RUNTIMES:
        try:
            run = RUNTIMES[runtime](model)
            x = torch.zeros(3, model.n_chans, model.n_times)
            with torch.no_grad():
                shape, expected = tuple(run(x).shape), tuple(model(x).shape)
            if shape != expected:
                raise ValueError(f"expected outputs of shape {expected}, got {shape}")
            found[runtime] = run
        except Exception as error:
            report_left_out(f"{name}, {runtime}", error)
    size = f"{name} standard"
    SIZES[size] = (1, model.n_chans, model.n_times, model.sfreq)
    for shown, library in PEERS.items() if name in CASES else ():
        peer = make(library, name, size)
        if peer is not None:
            found[shown] = peer.eval()
    return found


def rate(milliseconds: float, batch: int) -> float:
    """Return the windows a second of a batch that takes some milliseconds.

    Examples
    --------
    >>> rate(8.0, 32)
    4000.0
    """
    return batch / milliseconds * 1e3


def rows_of(name: str, arguments: argparse.Namespace) -> list[tuple[str, ...]]:
    """Measure one model and return its rows."""
    model = standard_model(name)
    runs = runs_of(name, model)
    times = {}
    for batch, rounds in ((1, 20 * arguments.rounds), (arguments.batch, arguments.rounds)):
        x = torch.randn(batch, model.n_chans, model.n_times)
        steps = {key: torch.inference_mode()(lambda r=run, x=x: r(x)) for key, run in runs.items()}
        taken = timed(steps, rounds, arguments.seconds, CLOCKS[arguments.clock])
        times[batch] = {key: np.median(values) for key, values in taken.items()}
    rows = []
    for key, run in runs.items():
        memory = memory_of(name, key, arguments) if key in arguments.memory else "-"
        own = key in RUNTIMES and key != "eager"
        per_second = rate(times[arguments.batch][key], arguments.batch)
        rows.append(
            (
                name, f"{model.n_chans} x {model.n_times}", key, f"{times[1][key]:.3g}",
                f"{per_second:.0f}", memory,
                f"{largest_difference(run, model):.0e}" if own else "-",
            )
        )  # fmt: skip
    return rows


def timed(
    steps: dict[str, Callable[[], object]], rounds: int, seconds: float, clock: Callable[[], float]
) -> dict[str, list[float]]:
    """Return the times of each step in milliseconds, of as many rounds as there is time for."""
    for step in steps.values():  # compiles, and warms up
        step()
    times: dict[str, list[float]] = {name: [] for name in steps}
    began, n_rounds = time.perf_counter(), 0
    while n_rounds < 3 or (n_rounds < rounds and time.perf_counter() - began < seconds):
        for name, step in steps.items():
            start = clock()
            step()
            times[name].append((clock() - start) * 1e3)
        n_rounds += 1
    return times


def memory_of(name: str, runtime: str, arguments: argparse.Namespace) -> str:
    """Return the peak memory of a runtime in MiB, or "-" if its process fails."""
    more = [str(arguments.batch), str(arguments.threads)]
    command = [sys.executable, "-W", "ignore", __file__, "--peak", name, runtime, *more]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        lines = run.stderr.splitlines() or ["no message"]
        report_left_out(f"memory of {name}, {runtime}", RuntimeError(lines[-1]))
        return "-"
    return run.stdout.splitlines()[-1]


def peak_of_this_process(name: str, runtime: str, batch: int) -> float:
    """Return the peak memory of ten batches beyond the model and batch (Linux only), in MiB."""
    model = standard_model(name)
    if runtime in RUNTIMES:
        run: Run = RUNTIMES[runtime](model)
    else:
        size = "standard"
        SIZES[size] = (1, model.n_chans, model.n_times, model.sfreq)
        peer = make(PEERS[runtime], name, size)
        if peer is None:
            raise SystemExit(1)
        run = peer.eval()
    x = torch.randn(batch, model.n_chans, model.n_times)
    Path("/proc/self/clear_refs").write_text("5")  # reset the peak
    before = memory_mib("VmRSS")
    with torch.inference_mode():
        for _ in range(10):
            run(x)
    return memory_mib("VmHWM") - before


def main() -> None:
    """Run the command line."""
    if sys.argv[1:2] == ["--peak"]:
        name, runtime, batch, threads = sys.argv[2:]
        stub_missing_packages()
        torch.set_num_threads(int(threads))
        print(f"{peak_of_this_process(name, runtime, int(batch)):.0f}")
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = eegzoo.list_models()
    parser.add_argument("--models", nargs="+", default=known, choices=known, metavar="MODEL")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=20, help="for all rounds of a batch size")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall")
    every = [*RUNTIMES, *PEERS]
    parser.add_argument("--memory", nargs="*", choices=every, default=every, metavar="RUNTIME")
    parser.add_argument("--csv", type=Path, help="file that gets the rows, and has those before")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    packages = ("torch", "onnxruntime", "openvino", "braindecode", "selfeeg", "torcheeg")
    print(f"{machine()}; {time.strftime('%Y-%m-%d')}; ", end="")
    print(f"{arguments.threads} threads; {arguments.clock} time; ", end="")
    stub_missing_packages()
    print(f"{versions(*packages)}\n\n{markdown(HEADER)}\n|{'---|' * len(HEADER)}")
    rows = read_rows(arguments.csv)
    measured = {row[0] for row in rows}
    for name in arguments.models:
        found = [row for row in rows if row[0] == name] or rows_of(name, arguments)
        for row in found:
            print(markdown(row), flush=True)
        if name not in measured:
            rows += found
            append_rows(arguments.csv, found)
        torch.compiler.reset()
    for column, title in WIDE.items():
        shown = [row for row in rows if row[0] in arguments.models]
        print(f"\n{title}\n\n" + "\n".join(markdown(row) for row in wide(shown, column)))


def read_rows(path: Path | None) -> list[tuple[str, ...]]:
    """Return the rows of a file, if there is one."""
    if path is None or not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [tuple(row) for row in csv.reader(file)]


def append_rows(path: Path | None, rows: list[tuple[str, ...]]) -> None:
    """Append rows to a file."""
    if path is not None:
        with path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)


def wide(rows: list[tuple[str, ...]], column: str) -> list[list[str]]:
    """Return a table with a row for each model and a column for each runtime that has values."""
    place = HEADER.index(column)
    found = {(row[0], row[2]): row[place] for row in rows}
    windows = {row[0]: row[1] for row in rows}
    kinds = [kind for kind in (*RUNTIMES, *PEERS) if any(key == kind for _, key in found)]
    kinds = [kind for kind in kinds if {found.get((name, kind), "-") for name in windows} != {"-"}]
    header = ["model", "window", *kinds]
    cells = [
        [name, window, *(found.get((name, kind), "-") for kind in kinds)]
        for name, window in windows.items()
    ]
    return [header, ["---"] * len(header), *cells]


if __name__ == "__main__":
    main()
