"""Time the constrained layers against plain torch and, if installed, selfEEG and braindecode.

    python benchmarks/bench_layers.py [--engines eager] [--threads 1] [--csv layers.csv]

All implementations of a case run in one process and take turns in every round, so that other load
on the machine affects all of them alike. The results are printed as a Markdown table.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from peers import report_left_out, stub_torchaudio, versions
from results_table import print_rows
from torch import Tensor, nn
from torch.utils.benchmark import Timer

from eegzoo.layers import ConstrainedConv1d, FilterBank, bake

SIZES = {
    # batch, channels, samples, filters, length of the kernel
    "8x64": (1, 8, 64, 16, 15),
    "64x22x1000": (64, 22, 1000, 40, 25),
}
COLUMNS = (
    "size", "mode", "engine", "threads", "layer", "median_us", "iqr_us", "best_us", "ratio_of_best",
)  # fmt: skip


def makers() -> dict[str, Callable[..., nn.Module]]:
    """Return the functions that build the layer in each library that imports, by name."""

    def plain(n_chans: int, n_filters: int, kernel_length: int) -> nn.Module:
        return nn.Conv1d(n_chans, n_filters, kernel_length, padding="same")

    def ours(n_chans: int, n_filters: int, kernel_length: int) -> nn.Module:
        return ConstrainedConv1d(n_chans, n_filters, kernel_length, max_norm=0.5)

    def baked(n_chans: int, n_filters: int, kernel_length: int) -> nn.Module:
        return bake(ours(n_chans, n_filters, kernel_length))

    found: dict[str, Callable[..., nn.Module]] = {"torch": plain, "eegzoo": ours, "baked": baked}
    stub_torchaudio()
    try:
        from selfeeg.models import ConstrainedConv1d as SelfEEGConv1d

        found["selfEEG"] = lambda n_chans, n_filters, kernel_length: SelfEEGConv1d(
            n_chans, n_filters, kernel_length, padding="same", max_norm=0.5
        )
    except Exception as error:
        report_left_out("selfEEG", error)
    try:
        from braindecode.modules.parametrization import MaxNorm
        from torch.nn.utils import parametrize

        def parametrized(n_chans: int, n_filters: int, kernel_length: int) -> nn.Module:
            # braindecode only has a constrained Conv2d and Linear, which use this parametrization.
            layer = plain(n_chans, n_filters, kernel_length)
            parametrize.register_parametrization(layer, "weight", MaxNorm(0.5))
            return layer

        found["braindecode"] = parametrized
    except Exception as error:
        report_left_out("braindecode", error)
    return found


def run_evaluation(layer: nn.Module, x: Tensor) -> None:
    """Run a forward pass without gradients."""
    with torch.no_grad():
        layer(x)


def run_training(layer: nn.Module, x: Tensor) -> None:
    """Run a forward and a backward pass."""
    layer(x).sum().backward()


def run_training_forward(layer: nn.Module, x: Tensor) -> None:
    """Run a forward pass that records gradients."""
    layer(x)


MODES = {
    "eval forward": (False, run_evaluation),
    "train forward": (True, run_training_forward),
    "train forward+backward": (True, run_training),
}


def measure(timers: dict[str, Timer], rounds: int, seconds: float) -> Iterator[tuple[str, ...]]:
    """Yield the name, median, interquartile range, best time and ratio of each timer.

    The timers take turns. The ratio compares the best times with that of the first timer.
    """
    times: dict[str, list[float]] = {name: [] for name in timers}
    # With short rounds, a few of them run undisturbed even on a busy machine.
    quickest = min(timer.timeit(3).median for timer in timers.values())
    number = max(1, int(seconds / rounds / quickest))
    for _ in range(rounds):
        for name, timer in timers.items():
            times[name].append(timer.timeit(number).median * 1e6)
    first = min(next(iter(times.values())))
    for name, values in times.items():
        low, median, high = np.percentile(values, [25, 50, 75])
        shown = (f"{time:.1f}" for time in (median, high - low, min(values)))
        yield name, *shown, f"{min(values) / first:.2f}"


def bench(arguments: argparse.Namespace) -> Iterator[tuple[object, ...]]:
    """Yield one row per case and layer."""
    found = makers()
    for size, (batch, n_chans, n_times, *kernels) in SIZES.items():
        for mode, (training, run) in MODES.items():
            for engine in arguments.engines:
                for threads in arguments.threads:
                    timers = {}
                    for name, make in found.items():
                        torch.manual_seed(0)
                        torch.compiler.reset()
                        layer = make(n_chans, *kernels).train(training)
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
    """Yield rows for scipy's and eegzoo's filter banks and the convolution after it in FBCNet."""
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


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--seconds", type=float, default=1.0, help="seconds for the fastest layer of each case"
    )
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--engines", nargs="+", default=["eager", "compiled"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--csv", type=Path)
    arguments = parser.parse_args()
    rows = itertools.chain(bench(arguments), bench_filter_bank(arguments))
    used = versions("torch", "selfeeg", "braindecode", "scipy")
    print_rows(COLUMNS, rows, used, arguments.csv)


if __name__ == "__main__":
    main()
