"""Time the models against those of braindecode, selfEEG and torcheeg, if installed.

    python benchmarks/bench_models.py [--models eegnet ...] [--threads 1 2] [--csv models.csv]
        [--allocators default "large pages" "kept heap"]

All libraries use the same architecture, sizes and batch. They run in one process and take turns in
every round. Memory is measured in a process of its own for each library. The results are printed as
a Markdown table. Ratios depend on how the C library returns memory to the system: each allocator is
a setting of its environment, and a process of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from peers import machine, report_left_out, stub_missing_packages, versions
from results_table import print_rows
from torch import nn

import eegzoo

SIZES = {
    # batch, n_chans, n_times, sfreq
    "motor imagery": (64, 22, 1000, 250),
    "motor imagery, 64 channels": (64, 64, 640, 160),
    "64 channels x 1000": (64, 64, 1000, 250),
    "SSVEP": (64, 8, 256, 256),
    "sleep": (16, 1, 3000, 100),
}
CASES = {
    "eegnet": ("motor imagery", "64 channels x 1000", "motor imagery, 64 channels", "SSVEP"),
    "shallow_convnet": ("motor imagery",),
    "deep_convnet": ("motor imagery",),
    "eegconformer": ("motor imagery",),
    "atcnet": ("motor imagery",),
    "eegnex": ("motor imagery",),
    "eegtcnet": ("motor imagery",),
    "tinysleepnet": ("sleep",),
}
# Variables of glibc. It ignores thresholds above 32 MiB.
ALLOCATORS: dict[str, dict[str, str]] = {
    "default": {},
    "large pages": {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"},
    "kept heap": {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**40)},
}
STEPS = ("training", "inference", "one window", "memory")
COLUMNS = (
    "model", "size", "step", "threads", "library", "median", "iqr", "unit", "ratio_to_eegzoo",
)  # fmt: skip
Maker = Callable[[str, int, int, int], nn.Module | None]


def eegzoo_model(name: str, n_chans: int, n_times: int, sfreq: int) -> nn.Module:
    """Return eegzoo's model."""
    shape = {"n_chans": n_chans, "n_times": n_times, "sfreq": sfreq}
    more = {"kernel_length": 64} if name == "eegnet" else {}
    return eegzoo.create_model(name, **shape, n_outputs=4, **more)


def plain_eegzoo_model(name: str, n_chans: int, n_times: int, sfreq: int) -> nn.Module | None:
    """Return eegzoo's model with a front that is computed module by module, if it has one."""
    model = eegzoo_model(name, n_chans, n_times, sfreq)
    if not hasattr(model, "front"):
        return None
    model.front.fused = False
    return model


def braindecode_model(name: str, n_chans: int, n_times: int, sfreq: int) -> nn.Module | None:
    """Return braindecode's model of the same sizes, if there is one."""
    from braindecode import models

    names = {
        "eegnet": "EEGNet",
        "shallow_convnet": "ShallowFBCSPNet",
        "deep_convnet": "Deep4Net",
        "eegconformer": "EEGConformer",
        "atcnet": "ATCNet",
        "eegnex": "EEGNeX",
        "eegtcnet": "EEGTCNet",
    }
    if name not in names:
        return None
    more = {"kernel_length": 64} if name == "eegnet" else {}
    build = getattr(models, names[name])
    return build(n_chans=n_chans, n_times=n_times, n_outputs=4, sfreq=sfreq, **more)


def selfeeg_model(name: str, n_chans: int, n_times: int, sfreq: int) -> nn.Module | None:
    """Return selfEEG's model of the same sizes, if there is one."""
    from selfeeg import models

    more = {"max_norm": 2.0, "max_dense_norm": 0.5}
    builders = {
        "eegnet": lambda: models.EEGNet(4, n_chans, n_times, kernLength=64),
        "shallow_convnet": lambda: models.ShallowNet(4, n_chans, n_times),
        "deep_convnet": lambda: models.DeepConvNet(4, n_chans, n_times, **more),
        "eegconformer": lambda: models.EEGConformer(4, n_chans, n_times),
        "atcnet": lambda: models.ATCNet(4, n_chans, n_times, sfreq, max_norm=0.6, tcn_max_norm=0.6),
    }
    return builders[name]() if name in builders else None


def torcheeg_model(name: str, n_chans: int, n_times: int, sfreq: int) -> nn.Module | None:
    """Return torcheeg's model of the same sizes, if there is one.

    It is wrapped to add the axis that torcheeg expects.
    """
    from torcheeg import models

    if name == "eegnet":
        model = models.EEGNet(
            chunk_size=n_times, num_electrodes=n_chans, num_classes=4, kernel_1=64, kernel_2=16
        )
    elif name == "atcnet":
        model = models.ATCNet(chunk_size=n_times, num_electrodes=n_chans, num_classes=4)
    else:
        return None
    return nn.Sequential(nn.Unflatten(1, (1, n_chans)), model)


LIBRARIES: dict[str, Maker] = {
    "eegzoo": eegzoo_model,
    "eegzoo, fused=False": plain_eegzoo_model,
    "braindecode": braindecode_model,
    "selfEEG": selfeeg_model,
    "torcheeg": torcheeg_model,
}


def make(library: str, name: str, size: str) -> nn.Module | None:
    """Return a library's model, or report why it is left out and return None."""
    _, *shape = SIZES[size]
    torch.manual_seed(0)
    try:
        return LIBRARIES[library](name, *shape)
    except Exception as error:
        report_left_out(f"{library} {name}", error)
        return None


def step_of(kind: str, model: nn.Module, size: str) -> Callable[[], object]:
    """Return the function to time."""
    batch, n_chans, n_times, _ = SIZES[size]
    batch = 1 if kind == "one window" else batch
    x, y = torch.randn(batch, n_chans, n_times), torch.randint(0, 4, (batch,))
    if kind != "training":
        model.eval()
        return torch.inference_mode()(lambda: model(x))
    model.train()
    optimizer = torch.optim.Adam(model.parameters())

    def train() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    return train


def alternate(
    steps: dict[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Return the times of each step in milliseconds, one per round."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for round_ in range(-2, rounds):
        for name, step in steps.items():
            start = clock()
            step()
            if round_ >= 0:
                times[name].append((clock() - start) * 1e3)
    return times


def memory_mib(name: str) -> float:
    """Return an entry of the memory status of this process (Linux only), in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def peak_of_this_process(library: str, name: str, size: str) -> float:
    """Return the peak memory of three training steps beyond the model and batch, in MiB.

    A step with two windows comes first. It reads up to 30 MiB of torch's program code, which all
    processes share, and of which a library whose import computes something has read a part before.
    """
    model = make(library, name, size)
    if model is None:
        raise SystemExit(1)
    torch.set_num_threads(1)
    SIZES["two windows"] = (2, *SIZES[size][1:])
    step_of("training", model, "two windows")()
    step = step_of("training", model, size)
    Path("/proc/self/clear_refs").write_text("5")  # reset the peak
    before = memory_mib("VmRSS")
    for _ in range(3):
        step()
    return memory_mib("VmHWM") - before


def peaks(names: list[str], model: str, size: str) -> dict[str, list[float]]:
    """Return the peak memory of training in each library, measured three times."""
    found: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(3):
        for name in names:
            command = [sys.executable, __file__, "--peak", name, model, size]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            found[name].append(float(run.stdout.splitlines()[-1]))
    return found


def bench(arguments: argparse.Namespace) -> Iterator[tuple[object, ...]]:
    """Yield one row per case and library."""
    for name in arguments.models:
        for size in (size for size in CASES[name] if size in arguments.sizes):
            built = {library: make(library, name, size) for library in LIBRARIES}
            models = {library: model for library, model in built.items() if model is not None}
            for kind in arguments.steps:
                for threads in (1,) if kind in ("one window", "memory") else arguments.threads:
                    torch.set_num_threads(threads)
                    if kind == "memory":
                        values = peaks(list(models), name, size)
                    else:
                        steps = {lib: step_of(kind, model, size) for lib, model in models.items()}
                        rounds = arguments.rounds * (10 if kind == "one window" else 1)
                        values = alternate(steps, rounds)
                    first = np.median(values["eegzoo"])
                    unit = "MiB" if kind == "memory" else "ms"
                    for library, measured in values.items():
                        low, median, high = np.percentile(measured, [25, 50, 75])
                        numbers = (
                            f"{median:.2f}",
                            f"{high - low:.2f}",
                            unit,
                            f"{median / first:.2f}",
                        )
                        yield name, size, kind, threads, library, *numbers


def main() -> None:
    """Run the command line."""
    if sys.argv[1:2] == ["--peak"]:
        stub_missing_packages()
        print(peak_of_this_process(*sys.argv[2:]))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--sizes", nargs="+", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--steps", nargs="+", default=list(STEPS), choices=STEPS)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--csv", type=Path, help="file; one for each further allocator beside it")
    parser.add_argument(
        "--allocators", nargs="+", choices=list(ALLOCATORS), default=["default", "large pages"]
    )
    arguments = parser.parse_args()
    first, *others = arguments.allocators
    if any(os.environ.get(key) != value for key, value in ALLOCATORS[first].items()):
        raise SystemExit(run_with(first, arguments.csv))
    stub_missing_packages()
    used = f"{machine()}; allocator: {first}; " + versions(
        "torch", "braindecode", "selfeeg", "torcheeg"
    )
    print_rows(COLUMNS, bench(arguments), used, arguments.csv)
    for other in others:
        print(flush=True)
        path = arguments.csv
        run_with(other, path and path.with_stem(f"{path.stem}-{other.replace(' ', '-')}"))


def run_with(allocator: str, path: Path | None) -> int:
    """Repeat this command in a process with one allocator, and return its exit status."""
    more = ["--allocators", allocator, *(["--csv", str(path)] if path else [])]
    # argparse takes the last of repeated options
    command = [sys.executable, *sys.argv, *more]
    return subprocess.run(command, env={**os.environ, **ALLOCATORS[allocator]}).returncode


if __name__ == "__main__":
    main()
