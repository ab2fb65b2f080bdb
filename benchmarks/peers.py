"""Import the libraries that the benchmarks compare eegzoo with."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path

from torch import nn

import eegzoo


def stub_torchaudio() -> None:
    """Replace torchaudio, which selfEEG and braindecode import, by stubs.

    The torchaudio on PyPI does not load with a CPU build of torch.
    """

    def base_class(name: str) -> type[nn.Module]:
        if name.startswith("__"):
            raise AttributeError(name)
        return nn.Module

    for name in ("torchaudio", "torchaudio.functional", "torchaudio.transforms"):
        stub = types.ModuleType(name)
        stub.__spec__ = ModuleSpec(name, None, is_package=True)
        stub.__path__ = []
        stub.__getattr__ = base_class  # type: ignore[method-assign]
        sys.modules[name] = stub
        if "." in name:
            setattr(sys.modules["torchaudio"], name.split(".")[1], stub)


class _EmptyModules:
    """Import hook that replaces packages which torcheeg imports but its models do not use.

    They are not available with a CPU build of torch.
    """

    packages = (
        "torch_scatter", "torch_geometric", "torchvision", "torchmetrics", "pytorch_lightning",
        "lmdb", "xmltodict", "spectrum", "pyedflib", "linear_attention_transformer",
    )  # fmt: skip

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        known = name.partition(".")[0] in self.packages
        return ModuleSpec(name, self, is_package=True) if known else None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        def empty_class(name: str) -> type:
            if name.startswith("__"):
                raise AttributeError(name)
            return type(name, (), {})

        module = types.ModuleType(spec.name)
        module.__getattr__ = empty_class  # type: ignore[method-assign]
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Leave the module empty."""


def stub_missing_packages() -> None:
    """Replace the dependencies of other libraries that are missing with a CPU build of torch."""
    stub_torchaudio()
    sys.meta_path.append(_EmptyModules())


# Instruction sets on which the choice of the fastest algorithm depends.
_INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_tile", "asimd", "sve")


def machine() -> str:
    """Return the processor, its vector instructions, and how large pages are used (Linux)."""
    lines = _text("/proc/cpuinfo").splitlines()
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    known = facts.get("flags", facts.get("Features", "")).split()
    found = [name for name in _INSTRUCTIONS if name in known]
    pages = _text("/sys/kernel/mm/transparent_hugepage/enabled")
    pages = pages.partition("[")[2].partition("]")[0] or "unknown"
    return (
        f"{facts.get('model name', platform.machine())}, {os.cpu_count()} cores, "
        f"{' '.join(found) or 'instructions unknown'}, transparent_hugepage {pages}"
    )


def _text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8") if Path(path).exists() else ""


def report_left_out(name: str, error: Exception) -> None:
    """Print to standard error that a library is left out, and why."""
    reason = " ".join(str(error).split())[:120]
    print(f"{name} left out: {type(error).__name__}: {reason}", file=sys.stderr)


def versions(*packages: str) -> str:
    """Return the versions of eegzoo, of the packages that are installed, and of Python."""
    found = [f"eegzoo {eegzoo.__version__}"]
    for package in packages:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join([*found, f"Python {platform.python_version()}", platform.machine()])
