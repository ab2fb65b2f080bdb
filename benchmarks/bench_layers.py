"""Time the constrained layers against plain torch and, where they import, selfEEG and braindecode.

    python benchmarks/bench_layers.py [--engines eager] [--threads 1] [--csv layers.csv]

All implementations of a case run in one process, one after the other and round after round, so
that whatever else the machine does falls on all of them alike. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import csv
import importlib.machinery
import importlib.metadata
import platform
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.benchmark import Timer

from eegzoo.layers import ConstrainedConv1d, FilterBank, bake

SIZES = {
    # name: batch, channels, samples, maps, kernel
    "8x64": (1, 8, 64, 16, 15),
    "64x22x1000": (64, 22, 1000, 40, 25),
}
COLUMNS = (
    "size", "mode", "engine", "threads", "layer", "median_us", "iqr_us", "best_us", "ratio_of_best",
)  # fmt: skip


def without_torchaudio() -> None:
    """Let selfEEG and braindecode import: the torchaudio on PyPI does not load beside CPU torch."""

    def something_to_subclass(name: str) -> type[nn.Module]:
        if name.startswith("__"):
            raise AttributeError(name)
        return nn.Module

    for name in ("torchaudio", "torchaudio.functional", "torchaudio.transforms"):
        stub = types.ModuleType(name)
        stub.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
        stub.__path__ = []
        stub.__getattr__ = something_to_subclass  # type: ignore[method-assign]
        sys.modules[name] = stub
        if "." in name:
            setattr(sys.modules["torchaudio"], name.split(".")[1], stub)


def makers() -> dict[str, Callable[..., nn.Module]]:
    """Return how each library makes the layer; those that do not import are left out, aloud."""

    def plain(n_chans: int, maps: int, kernel: int) -> nn.Module:
        return nn.Conv1d(n_chans, maps, kernel, padding="same")

    def ours(n_chans: int, maps: int, kernel: int) -> nn.Module:
        return ConstrainedConv1d(n_chans, maps, kernel, max_norm=0.5)

    def baked(n_chans: int, maps: int, kernel: int) -> nn.Module:
        return bake(ours(n_chans, maps, kernel))

    found: dict[str, Callable[..., nn.Module]] = {"torch": plain, "eegzoo": ours, "baked": baked}
    without_torchaudio()
    try:
        from selfeeg.models import ConstrainedConv1d as OfSelfEEG

        found["selfEEG"] = lambda n_chans, maps, kernel: OfSelfEEG(
            n_chans, maps, kernel, padding="same", max_norm=0.5
        )
    except Exception as error:
        print(f"selfEEG left out: {type(error).__name__}: {error}", file=sys.stderr)
    try:
        from braindecode.modules.parametrization import MaxNorm
        from torch.nn.utils import parametrize

        def of_braindecode(n_chans: int, maps: int, kernel: int) -> nn.Module:
            # Its own constrained layers are Conv2d and Linear; a Conv1d takes the same.
            layer = plain(n_chans, maps, kernel)
            parametrize.register_parametrization(layer, "weight", MaxNorm(0.5))
            return layer

        found["braindecode"] = of_braindecode
    except Exception as error:
        print(f"braindecode left out: {type(error).__name__}: {error}", file=sys.stderr)
    return found


def run_evaluation(layer: nn.Module, x: Tensor) -> None:
    """Run a forward without gradients."""
    with torch.no_grad():
        layer(x)


def run_training(layer: nn.Module, x: Tensor) -> None:
    """Run a forward and a backward."""
    layer(x).sum().backward()


def run_training_forward(layer: nn.Module, x: Tensor) -> None:
    """Run a forward that records gradients."""
    layer(x)


MODES = {
    "eval forward": (False, run_evaluation),
    "train forward": (True, run_training_forward),
    "train forward+backward": (True, run_training),
}


def measure(
    timers: dict[str, Timer], rounds: int, seconds: float
) -> Iterator[tuple[str, float, float, float, float]]:
    """Yield name, median, interquartile range, best and its ratio to the first; they alternate."""
    times: dict[str, list[float]] = {name: [] for name in timers}
    # Short rounds: on a busy machine a few of them run undisturbed.
    quickest = min(timer.timeit(3).median for timer in timers.values())
    number = max(1, int(seconds / rounds / quickest))
    for _ in range(rounds):
        for name, timer in timers.items():
            times[name].append(timer.timeit(number).median * 1e6)
    first = min(next(iter(times.values())))
    for name, values in times.items():
        low, median, high = np.percentile(values, [25, 50, 75])
        yield name, float(median), float(high - low), min(values), min(values) / first


def bench(arguments: argparse.Namespace) -> Iterator[tuple[object, ...]]:
    """Yield a row for each case and layer."""
    found = makers()
    for size, (batch, n_chans, n_times, maps, kernel) in SIZES.items():
        for mode, (training, run) in MODES.items():
            for engine in arguments.engines:
                for threads in arguments.threads:
                    timers = {}
                    for name, make in found.items():
                        torch.manual_seed(0)
                        torch.compiler.reset()
                        layer = make(n_chans, maps, kernel).train(training)
                        x = torch.randn(batch, n_chans, n_times)
                        used = torch.compile(layer) if engine == "compiled" else layer
                        timers[name] = Timer(
                            "run(layer, x)",
                            globals={"run": run, "layer": used, "x": x},
                            num_threads=threads,
                        )
                    for row in measure(timers, arguments.rounds, arguments.seconds):
                        yield size, mode, engine, threads, *row


def bench_filter_bank(arguments: argparse.Namespace) -> Iterator[tuple[object, ...]]:
    """Yield rows for the filter bank: scipy, ours, and FBCNet's convolution that comes after."""
    from scipy.signal import sosfiltfilt

    bank = FilterBank(250)
    x = torch.randn(64, 22, 1000)
    spatial = nn.Conv2d(9, 288, (22, 1), groups=9)
    statements = {
        "FBCNet's spatial convolution": "spatial(bands).sum().backward()",
        "eegzoo FilterBank": "bank(x)",
        "scipy sosfiltfilt": "[sosfiltfilt(sos, signal) for sos in bank.sos]",
    }
    names = {
        "bank": bank,
        "x": x,
        "signal": x.numpy(),
        "bands": bank(x),
        "spatial": spatial,
        "sosfiltfilt": sosfiltfilt,
    }
    for threads in arguments.threads:
        timers = {
            name: Timer(statement, globals=names, num_threads=threads)
            for name, statement in statements.items()
        }
        for row in measure(timers, arguments.rounds, arguments.seconds):
            yield "64x22x1000", "forward", "eager", threads, *row


def versions() -> str:
    """Return what was measured with."""
    names = ("torch", "selfeeg", "braindecode", "scipy")
    found = []
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return f"{', '.join(found)}, Python {platform.python_version()}, {platform.machine()}"


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--seconds", type=float, default=1.0, help="for the quickest layer of each case"
    )
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--engines", nargs="+", default=["eager", "compiled"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--csv", type=Path)
    arguments = parser.parse_args()
    print(versions(), end="\n\n")
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|")
    rows = []
    for source in (bench, bench_filter_bank):
        for row in source(arguments):
            rows.append(row)
            *where, median, spread, best, ratio = row
            shown = [*map(str, where), *(f"{t:.1f}" for t in (median, spread, best))]
            shown.append(f"{ratio:.2f}")
            print("| " + " | ".join(shown) + " |", flush=True)
    if arguments.csv:
        with arguments.csv.open("w", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *rows])


if __name__ == "__main__":
    main()
