"""Check eegzoo on a GPU and measure its speed there, in less than eight minutes.

    python benchmarks/gpu.py [--device cuda] [--seconds 440] [--csv gpu.csv]

The checks come first, then training and inference beside plain torch modules and beside the models
of braindecode, selfEEG and torcheeg, as far as they are installed. All take turns in every round.
What is not reached in the given seconds is reported as such. The exit status is 1 if a check fails.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from bench_models import CASES, LIBRARIES, SIZES, make
from gpu_checks import CHECKS, NotHereError, device_type
from peers import stub_missing_packages, versions
from results_table import print_rows
from torch import nn

COLUMNS = ("kind", "model", "case", "value", "unit", "status", "detail")
Row = tuple[object, ...]


def main() -> int:
    """Run the command line, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=440.0)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--checks", nargs="+", choices=list(CHECKS), default=list(CHECKS))
    parser.add_argument("--models", nargs="+", help="default: all that a check is for")
    parser.add_argument("--csv", type=Path)
    options = parser.parse_args()
    deadline = time.monotonic() + options.seconds
    stub_missing_packages()
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    counts: Counter[str] = Counter()

    def counted() -> Iterator[Row]:
        for row in rows(options, deadline):
            counts[str(row[5])] += 1
            yield row

    used = f"{name_of(options.device)}, {versions('torch', 'braindecode', 'selfeeg', 'torcheeg')}"
    print_rows(COLUMNS, counted(), used, options.csv)
    print("\n" + ", ".join(f"{n} {status}" for status, n in sorted(counts.items())))
    return 1 if counts["failed"] else 0


def name_of(device: str) -> str:
    """Return the name of a device's hardware."""
    if device_type(device) == "cuda":
        return f"{torch.cuda.get_device_name(device)}, CUDA {torch.version.cuda}"
    return f"{device}, {torch.get_num_threads()} threads"


def rows(options: argparse.Namespace, deadline: float) -> Iterator[Row]:
    """Yield the result of every check and measurement."""
    for kind in options.checks:
        check, names = CHECKS[kind]
        for name in names():
            if options.models is None or name in options.models:
                yield checked(kind, name, check, options.device, deadline)
    for name, sizes in CASES.items():
        if options.models is None or name in options.models:
            for size in sizes[:1]:
                yield from measured(name, size, options.device, options.rounds, deadline)


def checked(
    kind: str, name: str, check: Callable[[str, str], float], device: str, deadline: float
) -> Row:
    """Return the row of a check, which must not end the run."""
    if time.monotonic() > deadline:
        return kind, name, "", "", "", "not reached", "out of time"
    try:
        value = check(name, device)
    except NotHereError as error:
        return kind, name, "", "", "", "not here", str(error)
    except Exception as error:  # the next check may pass
        reason = " ".join(str(error).split())[:200]
        return kind, name, "", "", "", "failed", f"{type(error).__name__}: {reason}"
    return kind, name, "", f"{value:.1e}", "of the largest", "passed", ""


def measured(name: str, size: str, device: str, rounds: int, deadline: float) -> Iterator[Row]:
    """Yield times, and the memory of training, of one model in all libraries."""
    built = {library: make(library, name, size) for library in LIBRARIES}
    models = {library: model.to(device) for library, model in built.items() if model is not None}
    for kind in ("training", "inference"):
        if time.monotonic() > deadline:
            yield kind, name, size, "", "ms", "not reached", "out of time"
            continue
        steps = {library: step_of(kind, model, size, device) for library, model in models.items()}
        times: dict[str, list[float]] = {library: [] for library in steps}
        for round_ in range(-3, rounds):
            for library, step in steps.items():
                start = time.perf_counter()
                step()
                synchronize(device)
                if round_ >= 0:
                    times[library].append((time.perf_counter() - start) * 1e3)
        first = np.median(times["eegzoo"])
        for library, values in times.items():
            low, median, high = np.percentile(values, [25, 50, 75])
            detail = (
                f"{library}: {median / first:.2f} x eegzoo, interquartile range {high - low:.3f}"
            )
            yield kind, name, size, f"{median:.3f}", "ms", "measured", detail
    if device_type(device) == "cuda" and time.monotonic() < deadline:
        for library, model in models.items():
            peak = peak_mib(step_of("training", model, size, device), device)
            yield "memory", name, size, f"{peak:.1f}", "MiB", "measured", library


def step_of(kind: str, model: nn.Module, size: str, device: str) -> Callable[[], object]:
    """Return the function to time, with its windows on the device."""
    batch, n_chans, n_times, _ = SIZES[size]
    x = torch.randn(batch, n_chans, n_times, device=device)
    y = torch.randint(0, 4, (batch,), device=device)
    model = copy.deepcopy(model).train(kind == "training")
    if kind == "inference":
        return torch.inference_mode()(lambda: model(x))
    optimizer = torch.optim.Adam(model.parameters())

    def train() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    return train


def peak_mib(step: Callable[[], object], device: str) -> float:
    """Return the peak memory of a step beyond what was allocated before, in MiB."""
    step()
    torch.cuda.synchronize(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    step()
    torch.cuda.synchronize(device)
    return (torch.cuda.max_memory_allocated(device) - before) / 2**20


def synchronize(device: str) -> None:
    """Wait for the device."""
    if device_type(device) == "cuda":
        torch.cuda.synchronize(device)


if __name__ == "__main__":
    raise SystemExit(main())
