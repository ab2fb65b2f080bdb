"""Time the models against braindecode's, selfEEG's and torcheeg's, where those import.

    python benchmarks/bench_models.py [--models eegnet ...] [--threads 1 2] [--csv models.csv]

The same architecture, sizes and batch in one process, a step of each after the other, round after
round. Memory is measured in a process for each. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import csv
import importlib.metadata
import subprocess
import sys
import time
import types
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import torch
from bench_layers import without_torchaudio
from torch import nn

import eegzoo

# Named by use: batch, n_chans, n_times, sfreq.
SIZES = {
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
    "tinysleepnet": ("sleep",),
}
STEPS = ("training", "inference", "one window", "memory")
COLUMNS = (
    "model", "size", "step", "threads", "library", "median", "iqr", "unit", "ours_is_faster_by",
)  # fmt: skip
Maker = Callable[[str, int, int, int], nn.Module | None]


class _Absent:
    """Stand in for packages that torcheeg imports, its models do not use, and CPU torch has not."""

    names = (
        "torch_scatter", "torch_geometric", "torchvision", "torchmetrics", "pytorch_lightning",
        "lmdb", "xmltodict", "spectrum", "pyedflib",
    )  # fmt: skip

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        known = name.partition(".")[0] in self.names
        return ModuleSpec(name, self, is_package=True) if known else None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        def something(name: str) -> type:
            if name.startswith("__"):
                raise AttributeError(name)
            return type(name, (), {})

        module = types.ModuleType(spec.name)
        module.__getattr__ = something  # type: ignore[method-assign]
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Leave it empty."""


def let_peers_import() -> None:
    """Stub what the peers import in vain beside a CPU build of torch."""
    without_torchaudio()
    sys.meta_path.append(_Absent())


def ours(name: str, n_chans: int, n_times: int, sfreq: int) -> nn.Module:
    """Build a model of eegzoo."""
    shape = {"n_chans": n_chans, "n_times": n_times, "sfreq": sfreq}
    more = {"kernel_length": 64} if name == "eegnet" else {}
    return eegzoo.create_model(name, **shape, n_outputs=4, **more)


def plainly(name: str, n_chans: int, n_times: int, sfreq: int) -> nn.Module | None:
    """Build a model of eegzoo whose front is computed module after module."""
    model = ours(name, n_chans, n_times, sfreq)
    if not hasattr(model, "front"):
        return None
    model.front.fused = False
    return model


def of_braindecode(name: str, n_chans: int, n_times: int, sfreq: int) -> nn.Module | None:
    """Build braindecode's model with our sizes."""
    from braindecode import models

    names = {
        "eegnet": "EEGNet",
        "shallow_convnet": "ShallowFBCSPNet",
        "deep_convnet": "Deep4Net",
        "eegconformer": "EEGConformer",
        "atcnet": "ATCNet",
    }
    if name not in names:
        return None
    more = {"kernel_length": 64} if name == "eegnet" else {}
    build = getattr(models, names[name])
    return build(n_chans=n_chans, n_times=n_times, n_outputs=4, sfreq=sfreq, **more)


def of_selfeeg(name: str, n_chans: int, n_times: int, sfreq: int) -> nn.Module | None:
    """Build selfEEG's model with our sizes."""
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


def of_torcheeg(name: str, n_chans: int, n_times: int, sfreq: int) -> nn.Module | None:
    """Build torcheeg's model with our sizes; it takes an axis more."""
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
    "eegzoo": ours,
    "eegzoo, fused=False": plainly,
    "braindecode": of_braindecode,
    "selfEEG": of_selfeeg,
    "torcheeg": of_torcheeg,
}


def make(library: str, name: str, size: str) -> nn.Module | None:
    """Build a library's model; None, said aloud, where that cannot be had."""
    _, *shape = SIZES[size]
    torch.manual_seed(0)
    try:
        return LIBRARIES[library](name, *shape)
    except Exception as error:
        reason = " ".join(str(error).split())[:120]
        print(f"{library} {name} left out: {type(error).__name__}: {reason}", file=sys.stderr)
        return None


def step_of(kind: str, model: nn.Module, size: str) -> Callable[[], object]:
    """Return what is timed."""
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


def alternate(steps: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Time each step once a round, in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for round_ in range(-2, rounds):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            if round_ >= 0:
                times[name].append((time.perf_counter() - start) * 1e3)
    return times


def memory_mib(name: str) -> float:
    """Read a number from what Linux tells of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def peak_here(library: str, name: str, size: str) -> float:
    """Return the memory of three training steps beyond the model, in MiB."""
    model = make(library, name, size)
    if model is None:
        raise SystemExit(1)
    torch.set_num_threads(1)
    step = step_of("training", model, size)
    Path("/proc/self/clear_refs").write_text("5")  # forget the highest so far
    before = memory_mib("VmRSS")
    for _ in range(3):
        step()
    return memory_mib("VmHWM") - before


def peaks(names: list[str], model: str, size: str) -> dict[str, list[float]]:
    """Return the memory of a training step of each library, three times."""
    found: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(3):
        for name in names:
            command = [sys.executable, __file__, "--peak", name, model, size]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            found[name].append(float(run.stdout.splitlines()[-1]))
    return found


def bench(arguments: argparse.Namespace) -> Iterator[tuple[object, ...]]:
    """Yield a row for each case and library."""
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
                        spread = f"{high - low:.2f}"
                        ratio = f"{median / first:.2f}"
                        yield (
                            name,
                            size,
                            kind,
                            threads,
                            library,
                            f"{median:.2f}",
                            spread,
                            unit,
                            ratio,
                        )


def main() -> None:
    """Print the table, and write it where asked."""
    if sys.argv[1:2] == ["--peak"]:
        let_peers_import()
        print(peak_here(*sys.argv[2:]))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--sizes", nargs="+", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--steps", nargs="+", default=list(STEPS), choices=STEPS)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--csv", type=Path)
    arguments = parser.parse_args()
    let_peers_import()
    rows = []
    versions = f"eegzoo {eegzoo.__version__}"
    for package in ("torch", "braindecode", "selfeeg", "torcheeg"):
        try:
            versions += f", {package} {importlib.metadata.version(package)}"
        except importlib.metadata.PackageNotFoundError:
            continue
    print(versions)
    print("\n| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    for row in bench(arguments):
        rows.append(row)
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
    if arguments.csv:
        with arguments.csv.open("w", newline="") as file:
            csv.writer(file).writerows(
                [(*COLUMNS, "versions"), *((*row, versions) for row in rows)]
            )


if __name__ == "__main__":
    main()
