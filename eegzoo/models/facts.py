"""Facts about the models, read from a file in the package without importing torch.

`eegzoo.models.measured_facts` computes them and writes the file.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from eegzoo.arguments import nearest

FILE = Path(__file__).with_suffix(".json")


@dataclasses.dataclass(frozen=True)
class ModelFacts:
    """Facts about a model at its standard size.

    Parameters
    ----------
    name : str
        Name of the model.
    summary : str
        First line of the class's docstring.
    tasks : tuple of str
        Tasks that the paper used the model for.
    paper : str
        Authors, year and title of the paper.
    authors : str
        Authors of the paper.
    year : int
        Year of the paper.
    doi : str
        DOI of the paper.
    source : str
        Implementation that the model is verified against, with its commit.
    standard : mapping of str to int | float | tuple
        Size at which the paper counts parameters: n_chans, n_times, n_outputs, sfreq, and what else
        only an experiment knows.
    arguments : mapping of str to str
        Arguments of the model at this size, with the values as text.
    n_params : int
        Number of trainable parameters.
    n_macs : int
        Number of multiply-adds in convolutions and matrix products, for one window in evaluation.
    layers : str
        Table of the layers that `eegzoo.summary` prints.
    foundation : bool
        Whether the authors pretrained the model on many recordings, for use on any data.
    """

    name: str
    summary: str
    tasks: tuple[str, ...]
    paper: str
    authors: str
    year: int
    doi: str
    source: str
    standard: Mapping[str, Any]
    arguments: Mapping[str, str]
    n_params: int
    n_macs: int
    layers: str
    foundation: bool = False


@cache
def stored_facts() -> Mapping[str, ModelFacts]:
    """Return the facts about all models, by name.

    Examples
    --------
    >>> facts = stored_facts()["eegnet"]
    >>> facts.authors, facts.year, facts.n_params
    ('Lawhern et al.', 2018, 2388)
    """
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            name: ModelFacts(
                name=name,
                **{
                    **values,
                    "tasks": tuple(values["tasks"]),
                    "layers": "\n".join(values["layers"]),
                    "standard": {
                        key: tuple(value) if isinstance(value, list) else value
                        for key, value in values["standard"].items()
                    },
                },
            )
            for name, values in stored.items()
        }
    )


def find_facts(name: str) -> ModelFacts:
    """Return the facts about a model.

    Parameters
    ----------
    name : str
        Name of a model.

    Raises
    ------
    ValueError
        If there is no such model. The message proposes the nearest name.
    """
    known = stored_facts()
    if name in known:
        return known[name]
    if "." in name and name.partition(".")[0] in known:
        raise ValueError(
            f"expected the name of a model, got {name!r}, which is of the form of weights: "
            f"eegzoo weights {name}"
        )
    raise ValueError(f"unknown model {name!r}{nearest(name, known)}")


def list_facts(
    pattern: str = "*", *, task: str | None = None, foundation: bool | None = None
) -> list[ModelFacts]:
    """Return the facts about some models, sorted by name.

    Parameters
    ----------
    pattern : str
        Shell-style pattern of names.
    task : str | None
        Task that the paper used the model for.
    foundation : bool | None
        True: only foundation models. False: only other models. None: all models.

    Raises
    ------
    ValueError
        If no model is for `task`.

    Examples
    --------
    >>> [facts.name for facts in list_facts("tiny*", task="sleep")]
    ['tinysleepnet']
    """
    known = stored_facts()
    tasks = {task for facts in known.values() for task in facts.tasks}
    if task is not None and task not in tasks:
        raise ValueError(f"unknown task {task!r}{nearest(task, tasks)}")
    return [
        facts
        for name, facts in sorted(known.items())
        if fnmatch.fnmatchcase(name, pattern)
        and (task is None or task in facts.tasks)
        and (foundation is None or facts.foundation == foundation)
    ]


def as_json(facts: Iterable[ModelFacts]) -> str:
    """Return facts as the text of the file, sorted by name.

    A table of layers is a list of lines, so that a difference between files shows the layer.
    """
    content = {}
    for each in sorted(facts, key=lambda each: each.name):
        values = dataclasses.asdict(each) | {"layers": each.layers.splitlines()}
        content[values.pop("name")] = values
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
