"""Figures of commands: timings, and what a script of the repository prints."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import eegzoo
from eegzoo.models.references.find import find_reference
from eegzoo.reproduction.figures.score import Score
from eegzoo.reproduction.run import Run

ROOT = Path(eegzoo.__file__).parents[1]


def verify(recordings: Any, run: Run, *, model: str) -> list[Score]:
    """Return the differences of a model from its reference implementation.

    Parameters
    ----------
    recordings : None
        Not used.
    run : Run
        Run.
    model : str
        Name of the model.
    """
    compared = find_reference(model).compare()
    return [
        Score(label, "difference", value, (value, value), "exact", 1)
        for label, value in (("outputs", compared.outputs), ("gradient", compared.gradient))
    ]


def script(recordings: Any, run: Run, *, command: Sequence[str]) -> list[Score]:
    """Run a script of the repository, whose output goes to the terminal, and return no score.

    Timings are those of a machine: the table that the script prints is to be compared by eye, and
    ratios between libraries more than seconds.

    Parameters
    ----------
    recordings : None
        Not used.
    run : Run
        Run.
    command : sequence of str
        Path of the script in the repository, and its arguments; or "-m", a module and these.

    Raises
    ------
    FileNotFoundError
        If the package was installed without its repository.
    OSError
        If the script fails.
    """
    if command[0] != "-m" and not (ROOT / command[0]).exists():
        raise FileNotFoundError(
            f"expected the repository of eegzoo, whose {command[0]} makes these figures; clone it, "
            f"and run python {' '.join(command)}"
        )
    if run.quick:  # there is nothing to simulate
        return []
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )  # fmt: skip
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)} ended with exit status {done.returncode}")
    return []
