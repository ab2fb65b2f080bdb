"""What `eegzoo doctor` finds about packages, processor, threads and GPU. Nothing names a person."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
from collections.abc import Iterator
from typing import Any

from packaging.requirements import Requirement

# Shown first; the other required packages follow.
_FIRST = ("torch", "mne", "numpy", "scipy", "scikit-learn", "skorch")
# Not required, but known to disturb or to matter when something is wrong.
_NEIGHBOURS = ("torchaudio", "torchvision", "braindecode", "pandas", "h5py")
_FOR_DEVELOPERS = ("test", "docs")
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def version_of(package: str) -> str | None:
    """Return the installed version of a package, or None if it is not installed.

    Examples
    --------
    >>> version_of("a-package-that-nobody-wrote") is None
    True
    """
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def requirements() -> tuple[list[Requirement], dict[str, list[Requirement]]]:
    """Return what eegzoo requires, and what each of its extras requires.

    Both are empty if eegzoo runs from a folder without being installed.
    """
    try:
        lines = importlib.metadata.requires("eegzoo") or []
        extras = importlib.metadata.metadata("eegzoo").get_all("Provides-Extra") or []
    except importlib.metadata.PackageNotFoundError:
        return [], {}
    every = [Requirement(line) for line in lines]
    required = [each for each in every if each.marker is None or each.marker.evaluate()]
    by_extra = {
        extra: [
            each
            for each in every
            if each not in required and each.marker and each.marker.evaluate({"extra": extra})
        ]
        for extra in sorted(extras)
        if extra not in _FOR_DEVELOPERS
    }
    return required, by_extra


def packages(required: list[Requirement]) -> dict[str, str | None]:
    """Return the versions of the packages that a bug report needs; None if not installed."""
    names = [*_FIRST, *(each.name for each in required if each.name not in _FIRST)]
    neighbours = {name: version_of(name) for name in _NEIGHBOURS}
    return {
        **{name: version_of(name) for name in names},
        **{name: version for name, version in neighbours.items() if version},
    }


def extras(by_extra: dict[str, list[Requirement]]) -> dict[str, dict[str, str | None]]:
    """Return the versions of the packages of each extra; None where one is missing."""
    return {
        extra: {each.name: version_of(each.name) for each in needed}
        for extra, needed in by_extra.items()
    }


def system() -> dict[str, Any]:
    """Return Python, operating system and processor."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.release()} ({platform.machine()})",
        "processor": _processor(),
        "cores": _cores(),
    }


def computation() -> dict[str, Any]:
    """Return threads, linear algebra, vector instructions and GPU, or why torch cannot say.

    Each library's own error is kept, since a broken installation is what this is for.
    """
    found: dict[str, Any] = {
        "thread_variables": {name: os.environ[name] for name in _THREADS if name in os.environ}
    }
    try:
        import torch
    except Exception as error:  # a broken binary raises whatever it likes
        found["torch_error"] = f"{type(error).__name__}: {without_paths(str(error))}"
    else:
        found["torch_threads"] = torch.get_num_threads()
        found["vector_instructions"] = torch.backends.cpu.get_cpu_capability()
        found["mkl"] = torch.backends.mkl.is_available()  # type: ignore[no-untyped-call]
        found["cuda"] = torch.version.cuda
        found["gpus"] = list(_gpus())
        found["gpu_driver"] = shutil.which("nvidia-smi") is not None
    try:
        import numpy  # noqa: F401 (its library is one of those that are listed)
        from threadpoolctl import threadpool_info

        found["libraries"] = [
            f"{each['internal_api']} {each.get('version') or ''} "
            f"({each['num_threads']} threads)".replace("  ", " ")
            for each in threadpool_info()
        ]
    except Exception as error:
        found["numpy_error"] = f"{type(error).__name__}: {without_paths(str(error))}"
    return found


def without_paths(text: str) -> str:
    """Return the first line of a text with files named by their last part alone.

    Examples
    --------
    >>> without_paths("cannot open /home/jane/venv/libtorch.so: no such file")
    'cannot open libtorch.so: no such file'
    """
    first = (text.strip().splitlines() or [""])[0]
    return re.sub(r"(?:[A-Za-z]:)?(?:[\\/][^\s:;,'\"\\/]+)+[\\/]([^\s:;,'\"\\/]+)", r"\1", first)


def _gpus() -> Iterator[str]:
    import torch

    for place in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(place)
        yield f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB"
    if torch.backends.mps.is_available():
        yield "Apple GPU (MPS)"


def _cores() -> int:
    """Return the number of cores that this process may use, in a container too."""
    import joblib

    return int(joblib.cpu_count())


def _processor() -> str:
    """Return the name of the processor, which Linux does not tell Python."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model na")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
