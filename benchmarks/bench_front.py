"""Time EEGNet with its front fused and plain, alternating; print medians in milliseconds.

Run ``python benchmarks/bench_front.py [--threads N] [--n-chans C] [--kernel-length K]``.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

import torch
from torch.nn.functional import cross_entropy

import eegzoo
from eegzoo.layers.temporal_spatial import fused_fronts

PEAK = """
from bench_front import fused_fronts, make, memory_mib, torch, train
torch.set_num_threads(1)
step = make({n_chans}, {kernel_length})
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # forget the highest so far
before = memory_mib("VmRSS")
with fused_fronts({fused}):
    for _ in range(3):
        train(*step)
print(memory_mib("VmHWM") - before)
"""


def memory_mib(name):
    """Read a number from what Linux tells of this process."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name)) / 1024


def make(n_chans, kernel_length, batch=64, n_times=1000):
    """Return a model, a batch and an optimizer: the arguments of `train`."""
    torch.manual_seed(0)
    shape = {"n_chans": n_chans, "n_times": n_times, "n_outputs": 4}
    model = eegzoo.create_model("eegnet", **shape, kernel_length=kernel_length)
    x, y = torch.randn(batch, n_chans, n_times), torch.randint(0, 4, (batch,))
    return model, x, y, torch.optim.Adam(model.parameters())


def train(model, x, y, optimizer):
    """Take one training step."""
    model.train()
    optimizer.zero_grad()
    cross_entropy(model(x), y).backward()
    optimizer.step()


@torch.inference_mode()
def predict(model, x):
    """Evaluate the model."""
    model.eval()(x)


def timed(step, *arguments):
    """Return the CPU time, in milliseconds, that a step takes; with threads, the wall time."""
    # Other processes on the machine do not count, where there is one thread.
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    start = clock()
    step(*arguments)
    return (clock() - start) * 1e3


def peak_mib(n_chans, kernel_length, fused):
    """Memory of three training steps beyond the model and the batch, in a process of its own."""
    code = PEAK.format(n_chans=n_chans, kernel_length=kernel_length, fused=fused)
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return float(run.stdout)


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--n-chans", type=int, default=22)
    parser.add_argument("--kernel-length", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=11)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model, x, y, optimizer = make(arguments.n_chans, arguments.kernel_length)
    steps = {
        "training step": (train, model, x, y, optimizer),
        "inference": (predict, model, x),
        "inference, one window": (predict, model, x[:1]),
    }
    for name, step in steps.items():
        times = {None: [], False: []}
        for repeat in range(arguments.repeats + 2):
            for fused, taken in times.items():
                with fused_fronts(fused):
                    taken.append(timed(*step))
            if repeat < 2:  # to warm up
                times = {None: [], False: []}
        report(name, times[None], times[False], "ms")
    report("peak of training", *[
        [peak_mib(arguments.n_chans, arguments.kernel_length, fused)] for fused in (None, False)
    ], "MiB")  # fmt: skip


def report(name, fused, plain, unit):
    """Print a line of the table."""
    ratio = statistics.median(plain) / statistics.median(fused)
    print(
        f"{name:22} fused {statistics.median(fused):8.2f} (min {min(fused):7.2f})   "
        f"plain {statistics.median(plain):8.2f} (min {min(plain):7.2f}) {unit}   {ratio:5.1f}x"
    )


if __name__ == "__main__":
    main()
