"""Entries: a published figure, where it is stated, its data and its protocol."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

KINDS = ("card", "benchmark", "paper", "certificate")


@dataclasses.dataclass(frozen=True)
class DataSource:
    """Data set, where to get it, and under which terms.

    Parameters
    ----------
    name : str
        Name.
    title : str
        What it is.
    address : str
        Where to get it.
    licence : str
        Its terms.
    how : str
        What to do to have it where it is looked for.
    folder : str
        Folder in the data directory; empty for data that are simulated or fetched.
    citation : str
        Reference to cite.

    Examples
    --------
    >>> from eegzoo.reproduction import find_entries
    >>> find_entries("bench:eegmat")[0].data.licence
    'ODC-By 1.0'
    """

    name: str
    title: str
    address: str
    licence: str
    how: str
    folder: str = ""
    citation: str = ""


@dataclasses.dataclass(frozen=True)
class Stated:
    """Value of a figure where it is published.

    Parameters
    ----------
    value : float
        Value.
    where : str
        Place: a card, a table, or a paper with its DOI.
    interval : tuple of float | None
        95% interval, if it is published.
    over_seeds : float | None
        Standard deviation over seeds, if it is published.
    n_seeds : int
        Number of seeds that the value is the mean of.

    Examples
    --------
    >>> Stated(0.854, "Supratak and Guo (2020), https://doi.org/10.1109/EMBC44109.2020.9176741").value
    0.854
    """

    value: float
    where: str
    interval: tuple[float, float] | None = None
    over_seeds: float | None = None
    n_seeds: int = 1


@dataclasses.dataclass(frozen=True)
class Figure:
    """A figure of an entry, as we and as a paper state it.

    Parameters
    ----------
    label : str
        What is measured; scores have the same label.
    measure : str
        Name of the measure.
    ours : Stated | None
        Our figure. None: not run here.
    paper : Stated | None
        Figure of a paper or of authors' code. None: there is none.

    Examples
    --------
    >>> from eegzoo.reproduction import find_entries
    >>> find_entries("eegsym.mi_8")[0].figures[0].ours.value
    0.9111111111111111
    """

    label: str
    measure: str
    ours: Stated | None = None
    paper: Stated | None = None


@dataclasses.dataclass(frozen=True)
class Entry:
    """What `eegzoo reproduce` needs to get published figures again.

    Parameters
    ----------
    name : str
        Name.
    kind : {"card", "benchmark", "paper", "certificate"}
        Where the figures are from.
    title : str
        What is measured, in a sentence.
    protocol : str
        Name of the function that measures it.
    parameters : mapping
        Its parameters.
    data : DataSource
        Data set.
    recordings : mapping
        Which recordings of it.
    seeds : tuple of int
        Seeds of folds, weights and batches.
    figures : tuple of Figure
        Figures.
    covers : tuple of str
        Weights whose cards have figures from this entry.
    minutes : float
        Approximate time on one core.
    note : str
        What to know of the figures; empty if nothing.

    Examples
    --------
    >>> from eegzoo.reproduction import find_entries
    >>> entry = find_entries("eegnet.eegmat")[0]
    >>> entry.protocol, entry.seeds, entry.data.name
    ('leave_one_out', (0,), 'eegmat')
    """

    name: str
    kind: str
    title: str
    protocol: str
    parameters: Mapping[str, Any]
    data: DataSource
    recordings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    seeds: tuple[int, ...] = (0,)
    figures: tuple[Figure, ...] = ()
    covers: tuple[str, ...] = ()
    minutes: float = 1.0
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        return dataclasses.asdict(self)
