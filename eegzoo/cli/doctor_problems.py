"""What is wrong with an installation, according to what `eegzoo doctor` found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.requirements import Requirement
from packaging.version import Version


def problems(
    facts: Mapping[str, Any], required: list[Requirement], by_extra: Mapping[str, list[Requirement]]
) -> list[str]:
    """Return what is wrong, and what to do about it, one sentence each.

    Parameters
    ----------
    facts : mapping
        What `eegzoo doctor` found; its ``--json`` shows the keys.
    required : list of Requirement
        What eegzoo requires.
    by_extra : mapping of str to list of Requirement
        What each extra requires.
    """
    return [
        *_package_problems(facts, required, by_extra),
        *_torch_problems(facts),
        *_thread_problems(facts),
        *_file_problems(facts),
    ]


def _package_problems(
    facts: Mapping[str, Any], required: list[Requirement], by_extra: Mapping[str, list[Requirement]]
) -> Iterator[str]:
    for each in required:
        version = facts["packages"].get(each.name)
        if version is None:
            yield f"{each.name} is missing: pip install '{_as_text(each)}'"
        elif not each.specifier.contains(version, prereleases=True):
            yield f"{each.name} {version} does not suit: pip install '{_as_text(each)}'"
    for extra, needed in by_extra.items():
        for each in needed:
            version = facts["extras"][extra].get(each.name)
            if version and not each.specifier.contains(version, prereleases=True):
                yield (
                    f"{each.name} {version} does not suit the extra {extra}: "
                    f"pip install '{_as_text(each)}'"
                )


def _torch_problems(facts: Mapping[str, Any]) -> Iterator[str]:
    computation, packages = facts["computation"], facts["packages"]
    if "torch_error" in computation:
        yield f"torch cannot be imported ({computation['torch_error']}): install it again"
    if "numpy_error" in computation:
        yield f"NumPy cannot be imported ({computation['numpy_error']}): install it again"
    torch, torchaudio = packages.get("torch"), packages.get("torchaudio")
    if torch and torchaudio and _release(torch) != _release(torchaudio):
        yield (
            f"torchaudio {torchaudio} was built for another torch than {torch}, so that importing "
            "it fails; eegzoo does not use it: pip uninstall torchaudio"
        )


def _thread_problems(facts: Mapping[str, Any]) -> Iterator[str]:
    cores, computation = facts["system"]["cores"], facts["computation"]
    for name, value in computation["thread_variables"].items():
        if not value.isdigit() or int(value) < 1:
            yield f"{name} is {value!r}, which is no number of threads: unset it"
        elif int(value) > cores:
            yield f"{name} is {value}, but this process has {cores} cores: set it to {cores}"
    threads = computation.get("torch_threads", 1)
    if threads > cores and not computation["thread_variables"]:
        yield f"torch uses {threads} threads, but this process has {cores} cores"


def _file_problems(facts: Mapping[str, Any]) -> Iterator[str]:
    for name, folder in facts["folders"].items():
        if not folder["writable"]:
            variable = {"weights": "EEGZOO_WEIGHTS", "data": "MNE_DATA"}[name]
            yield (
                f"the folder of {name}, {folder['folder']}, cannot be written to: "
                f"set {variable} to another"
            )
    yield from facts["damaged_files"]


def _release(version: str) -> tuple[int, ...]:
    return Version(version).release


def _as_text(requirement: Requirement) -> str:
    """Return a requirement without its marker, as pip takes it."""
    return f"{requirement.name}{requirement.specifier}"
