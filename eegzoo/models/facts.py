"""What one wants to know of a model before building it."""

from __future__ import annotations

import dataclasses
import re
import time

import torch
from torch.utils.flop_counter import FlopCounterMode

from eegzoo.arguments import positive_int
from eegzoo.models.zoo import find_entry


@dataclasses.dataclass(frozen=True)
class ModelFacts:
    """A model at its standard size.

    Parameters
    ----------
    name : str
        Its key.
    tasks : tuple of str
        What the paper used it for.
    authors, year : str, int
        Of the paper.
    n_params : int
        Parameters that are learnt.
    n_macs : int
        Multiplications with an addition for one window in evaluation, as they are computed here.
    source : str
        The implementation that it is verified against.
    """

    name: str
    tasks: tuple[str, ...]
    authors: str
    year: int
    n_params: int
    n_macs: int
    source: str


def model_facts(name: str) -> ModelFacts:
    """Return what one wants to know of a model.

    Parameters
    ----------
    name : str
        One of `eegzoo.list_models`.

    Examples
    --------
    >>> facts = model_facts("eegnet")
    >>> facts.authors, facts.year, facts.n_params
    ('Lawhern et al.', 2018, 2388)
    """
    entry = find_entry(name)
    match = re.match(r"(?P<authors>.+?) \((?P<year>\d{4})\)", entry.paper)
    if match is None:
        raise ValueError(f"expected a paper with authors and year, got {entry.paper!r}")
    model, x = _standard(name)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(x)
    return ModelFacts(
        name=name,
        tasks=entry.tasks,
        authors=match["authors"],
        year=int(match["year"]),
        n_params=sum(parameter.numel() for parameter in model.parameters()),
        n_macs=counter.get_total_flops() // 2,
        source=entry.source,
    )


def milliseconds(name: str, n_runs: int = 20) -> float:
    """Return the median time in milliseconds that a model takes for one window of standard size.

    Parameters
    ----------
    name : str
        One of `eegzoo.list_models`.
    n_runs : int
        How often it is measured.

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


def _standard(name: str) -> tuple[torch.nn.Module, torch.Tensor]:
    standard = find_entry(name).standard
    with torch.random.fork_rng(devices=[]):
        model = find_entry(name).build(**standard).eval()
        return model, 20 * torch.randn(1, standard["n_chans"], standard["n_times"])
