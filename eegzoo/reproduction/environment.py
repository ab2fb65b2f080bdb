"""The environment of a run: versions of packages, and the processor."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

import torch

import eegzoo

PACKAGES = ("torch", "numpy", "scipy", "mne", "scikit-learn", "skorch", "moabb", "yasa")


def environment() -> dict[str, object]:
    """Return versions, operating system, processor and number of threads; nothing personal.

    Examples
    --------
    >>> sorted(environment())
    ['cpu', 'n_cpus', 'n_threads', 'platform', 'versions']
    """
    versions = {"eegzoo": eegzoo.__version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "versions": versions,
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": processor(),
        "n_cpus": os.cpu_count(),
        "n_threads": torch.get_num_threads(),
    }


def processor(path: Path = Path("/proc/cpuinfo")) -> str:
    """Return the name of the processor, or "unknown"."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next((name for name in named if name), "") or platform.processor() or "unknown"
