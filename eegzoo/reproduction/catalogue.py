"""Entries by name, read from the files of the package without importing torch."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from eegzoo.arguments import nearest, one_of
from eegzoo.models.facts import list_facts
from eegzoo.reproduction.entry import KINDS, DataSource, Entry, Figure, Stated
from eegzoo.weights.folds import family_of
from eegzoo.weights.stored_cards import stored_cards

FOLDER = Path(__file__).with_name("entries")
_FILES = {"card": "cards.json", "benchmark": "benchmarks.json", "paper": "papers.json"}
VERIFY = "verify:"


def list_entries(pattern: str = "*", *, kind: str | None = None) -> list[Entry]:
    """Return the entries, in the order of kinds and names.

    Certificates ("verify:eegnet" and so on) are not listed: there is one for each model.

    Parameters
    ----------
    pattern : str
        Shell-style pattern of names.
    kind : {"card", "benchmark", "paper"} | None
        Kind of figures. None: all.

    Returns
    -------
    list of Entry
        Entries.

    Raises
    ------
    ValueError
        If `kind` is unknown.

    Examples
    --------
    >>> [entry.name for entry in list_entries("eegsym.*")]
    ['eegsym.mi_16', 'eegsym.mi_8']
    """
    if kind is not None:
        one_of("kind", kind, KINDS)
    return [
        entry
        for entry in stored_entries().values()
        if fnmatch.fnmatchcase(entry.name, pattern) and kind in (None, entry.kind)
    ]


def find_entries(name: str) -> list[Entry]:
    """Return the entries that a name stands for.

    Parameters
    ----------
    name : str
        Name of an entry, or "verify:" with the name of a model. Trained weights without an entry of
        their own stand for the entries that have figures of their card.

    Returns
    -------
    list of Entry
        One entry, or several.

    Raises
    ------
    ValueError
        If there is none. The message proposes the nearest name.

    Examples
    --------
    >>> [entry.name for entry in find_entries("eegnet.physionet_mi3_fold2")]
    ['paper:wang2020-mi3']
    >>> find_entries("bench:eegmad")
    Traceback (most recent call last):
        ...
    ValueError: unknown entry 'bench:eegmad'; did you mean 'bench:eegmat'?
    """
    if name.startswith(VERIFY):
        return [_certificate(name.removeprefix(VERIFY))]
    entries = stored_entries()
    for own in (name, family_of(name)):
        if own in entries:
            return [entries[own]]
    found = covering(name)
    if not found:
        known = {*entries, *(covered for entry in entries.values() for covered in entry.covers)}
        raise ValueError(f"unknown entry {name!r}{nearest(name, known)}")
    return found


def covering(name: str) -> list[Entry]:
    """Return the entries that have figures of a card.

    Parameters
    ----------
    name : str
        Name of weights or of a family of folds.

    Examples
    --------
    >>> [entry.name for entry in covering("eegnet.physionet_mi2_fold0")]
    ['eegnet.physionet_mi2', 'paper:wang2020-mi2']
    """
    names = {name, family_of(name)}
    return [entry for entry in stored_entries().values() if names & set(entry.covers)]


@cache
def stored_entries() -> Mapping[str, Entry]:
    """Return the entries in the package's files by name."""
    sources = data_sources()
    found = {}
    for kind, file in _FILES.items():
        for name, values in sorted(_read(file).items()):
            found[name] = _entry(name, kind, values, sources)
    return MappingProxyType(found)


@cache
def data_sources() -> Mapping[str, DataSource]:
    """Return the data sets by name."""
    return MappingProxyType(
        {name: DataSource(name, **values) for name, values in _read("data.json").items()}
    )


def _read(file: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / file).read_text(encoding="utf-8"))
    return read


def _entry(
    name: str, kind: str, values: Mapping[str, Any], sources: Mapping[str, DataSource]
) -> Entry:
    given = dict(values)
    where = given.pop("where", "")
    given["data"] = sources[given["data"]]
    given["seeds"] = tuple(given.get("seeds", (0,)))
    given["covers"] = tuple(given.get("covers", ()))
    n_seeds = len(given["seeds"])
    given["figures"] = tuple(_figure(each, where, n_seeds) for each in given.get("figures", ()))
    return Entry(name=name, kind=kind, **given)


def _figure(values: Mapping[str, Any], where: str, n_seeds: int) -> Figure:
    """Return a figure whose values are in the file, or in a card that it names."""
    label, measure = values["label"], values.get("measure", "accuracy")
    if "metric" in values:
        card, place = values["card"], values["metric"]
        metric = stored_cards()[card].card.metrics[place]
        stated = Stated(metric.value, f"card of {family_of(card)}", metric.interval)
        if values.get("paper"):
            stated = Stated(metric.value, values["paper"], None)
            return Figure(label, metric.measure, paper=stated)
        return Figure(label, metric.measure, ours=stated)
    sides = {}
    for side in ("ours", "paper"):
        if side in values:
            interval = values.get("interval") if side == "ours" else None
            place = values.get("where", where)
            sides[side] = Stated(
                values[side], place, tuple(interval) if interval else None,
                values.get("over_seeds"), n_seeds,
            )  # fmt: skip
    return Figure(label, measure, **sides)


def _certificate(model: str) -> Entry:
    """Return the entry of a model's equality to its reference implementation."""
    known = {facts.name: facts for facts in list_facts()}
    if model not in known:
        names = (f"{VERIFY}{name}" for name in known)
        raise ValueError(f"unknown entry {VERIFY + model!r}{nearest(VERIFY + model, names)}")
    figures = tuple(
        Figure(label, "difference", Stated(0.0, "eegzoo verify", (0.0, limit)))
        for label, limit in (("outputs", 1e-5), ("gradient", 1e-6))
    )
    return Entry(
        f"{VERIFY}{model}", "certificate", f"Difference from {known[model].source}",
        "verify", {"model": model}, data_sources()["none"], figures=figures, minutes=0.1,
    )  # fmt: skip
