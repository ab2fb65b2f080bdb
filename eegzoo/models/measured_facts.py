"""Facts about the models, computed by building and running them.

``python -m eegzoo.models.measured_facts`` writes them to the file that `eegzoo.models.facts` reads.
"""

from __future__ import annotations

import re
import time

import torch
from torch import Tensor

from eegzoo.arguments import positive_int
from eegzoo.models.base import EEGModel
from eegzoo.models.facts import FILE, ModelFacts, as_json
from eegzoo.models.model_summary import summary
from eegzoo.models.zoo import find_entry, list_models


def measure_facts(name: str) -> ModelFacts:
    """Compute the facts about a model.

    Parameters
    ----------
    name : str
        One of `eegzoo.list_models`.

    Examples
    --------
    >>> facts = measure_facts("eegnet")
    >>> facts.authors, facts.year, facts.n_params
    ('Lawhern et al.', 2018, 2388)
    """
    entry = find_entry(name)
    match = re.match(r"(?P<authors>.+?) \((?P<year>\d{4})\)", entry.paper)
    if match is None:
        raise ValueError(f"expected a paper with authors and year, got {entry.paper!r}")
    model, _ = _standard(name)
    table = summary(model)
    return ModelFacts(
        name=name,
        summary=entry.summary,
        tasks=entry.tasks,
        paper=entry.paper,
        authors=match["authors"],
        year=int(match["year"]),
        doi=entry.doi,
        source=entry.source,
        standard=dict(entry.standard),
        arguments=printed_arguments(model),
        n_params=sum(parameter.numel() for parameter in model.parameters()),
        n_macs=table.total_mult_adds,
        layers=str(table),
        foundation=entry.foundation,
    )


def printed_arguments(model: EEGModel) -> dict[str, str]:
    """Return the arguments of a model with their values as text.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> arguments = printed_arguments(model)
    >>> arguments["n_chans"], arguments["activation"]
    ('8', 'ELU')
    """
    return {name: str(getattr(v, "__name__", v)) for name, v in model.arguments.items()}


def milliseconds(name: str, n_runs: int = 20) -> float:
    """Return the median time in milliseconds that a model takes for one window of standard size.

    Parameters
    ----------
    name : str
        One of `eegzoo.list_models`.
    n_runs : int
        Number of measurements.

    Examples
    --------
    >>> milliseconds("eegnet", n_runs=3) > 0
    True
    """
    positive_int("n_runs", n_runs)
    model, x = _standard(name)
    seconds = []
    with torch.inference_mode():
        model(x)
        for _ in range(n_runs):
            start = time.perf_counter()
            model(x)
            seconds.append(time.perf_counter() - start)
    return 1000 * sorted(seconds)[n_runs // 2]


def write_facts() -> None:
    """Compute the facts about all models and write them to the file."""
    FILE.write_text(as_json(map(measure_facts, list_models())), encoding="utf-8")


def _standard(name: str) -> tuple[EEGModel, Tensor]:
    standard = find_entry(name).standard
    with torch.random.fork_rng(devices=[]):
        model = find_entry(name).build(**standard).eval()
        return model, 20 * torch.randn(1, standard["n_chans"], standard["n_times"])


if __name__ == "__main__":
    write_facts()
