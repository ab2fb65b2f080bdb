"""Command ``eegzoo doctor``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli import results

if TYPE_CHECKING:
    from packaging.requirements import Requirement


def doctor(
    json: Annotated[
        Path | None, typer.Option(help="JSON file for the results.", show_default="none")
    ] = None,
) -> None:
    """Show what a bug report needs, and what is wrong with the installation.

    Versions, processor, threads, GPU, extras and caches are shown, without the names of persons,
    machines or folders of yours. Weights are compared with their checksums. The exit status is 1
    if something is wrong.

    For example:

    [bold]eegzoo doctor[/]

    [bold]eegzoo doctor --json report.json[/]
    """
    from eegzoo.cli.doctor_environment import requirements
    from eegzoo.cli.doctor_problems import problems

    results.check_outputs([json])
    required, by_extra = requirements()
    facts = _facts(required, by_extra)
    wrong = problems(facts, required, by_extra)
    typer.echo("\n".join(_lines(facts)))
    typer.echo("\nnothing is wrong" if not wrong else "\nwrong:")
    for each in wrong:
        typer.echo(f"- {each}")
    if json is not None:
        results.write_json(json, {**facts, "problems": wrong})
    if wrong:
        raise typer.Exit(1)


def _facts(required: list[Requirement], by_extra: dict[str, list[Requirement]]) -> dict[str, Any]:
    """Return everything that is shown, for JSON."""
    from eegzoo._version import __version__
    from eegzoo.cli import doctor_environment, doctor_files

    computation = doctor_environment.computation()
    broken = {"torch_error", "numpy_error"} & set(computation)
    return {
        "eegzoo": __version__,
        "installed": bool(required),
        "system": doctor_environment.system(),
        "packages": doctor_environment.packages(required),
        "extras": doctor_environment.extras(by_extra),
        "computation": computation,
        "folders": {} if broken else doctor_files.folders(),
        "damaged_files": [] if broken else doctor_files.damaged_files(),
    }


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that a bug report needs."""
    system, computation = facts["system"], facts["computation"]
    how = "" if facts["installed"] else " (run from a folder, not installed)"
    yield f"eegzoo {facts['eegzoo']}{how}"
    yield f"{system['python']}, {system['system']}"
    yield ""
    for name, version in facts["packages"].items():
        yield f"{name}: {version or 'missing'}"
    yield ""
    yield f"processor: {system['processor']}, {system['cores']} cores"
    if "torch_threads" in computation:
        yield f"threads: {computation['torch_threads']}"
        yield f"vector instructions: {computation['vector_instructions']}"
        mkl = "with" if computation["mkl"] else "without"
        yield f"torch: {mkl} MKL, {_cuda(computation)}"
        yield f"GPU: {', '.join(computation['gpus']) or 'none'}"
    for name, value in computation["thread_variables"].items():
        yield f"{name}: {value}"
    for each in computation.get("libraries", []):
        yield f"library: {each}"
    yield ""
    for extra, versions in facts["extras"].items():
        if all(versions.values()):
            shown = ", ".join(f"{name} {version}" for name, version in versions.items())
            yield f"extra {extra}: {shown}"
        else:
            lacking = ", ".join(name for name, version in versions.items() if not version)
            yield f"extra {extra}: {lacking} missing (pip install 'eegzoo[{extra}]')"
    yield ""
    for name, folder in facts["folders"].items():
        set_by = f" (set by {folder['set_by']})" if folder["set_by"] else ""
        yield (
            f"{name}: {folder['folder']}{set_by}, {folder['files']} files, "
            f"{folder['bytes'] / 1e6:.1f} MB"
        )


def _cuda(computation: Mapping[str, Any]) -> str:
    """Return torch's CUDA in words; a GPU that torch was not built for is a common surprise."""
    if computation["cuda"]:
        return f"CUDA {computation['cuda']}"
    hint = ", although the machine has a driver of NVIDIA's" if computation["gpu_driver"] else ""
    return f"without CUDA{hint}"
