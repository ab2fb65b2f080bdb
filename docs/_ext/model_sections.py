"""Sections of a model's page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import torch
import weights_page
from markdown_tables import MarkdownTable, table

import eegzoo
from eegzoo.models import find_entry
from eegzoo.models.facts import ModelFacts, stored_facts
from eegzoo.models.references import find_reference
from eegzoo.weights.stored_cards import stored_cards

# Heading of the table in benchmarks/README.md that has every model at its standard size.
ONE_WINDOW = "One window of every model"


def overview(facts: ModelFacts) -> str:
    """Return paper, tasks and reference implementation."""
    return (
        f"Paper\n: {facts.paper}. <https://doi.org/{facts.doi}>\n\n"
        f"Tasks\n: {', '.join(facts.tasks)}\n\n"
        f"Reference implementation\n: {facts.source}\n"
    )


def code(facts: ModelFacts) -> str:
    """Return code that builds the model and runs it."""
    arguments = [f"{key}={_value(value)}" for key, value in facts.standard.items()]
    lines = [f'"{facts.name}"', ", ".join(arguments[:4])]
    if arguments[4:]:
        lines.append(", ".join(arguments[4:]))
    given = "".join(f"    {line},\n" for line in lines)
    n_chans, n_times = facts.standard["n_chans"], facts.standard["n_times"]
    return (
        f"import eegzoo\nimport torch\n\nmodel = eegzoo.create_model(\n{given})\n"
        f"logits = model(torch.randn(2, {n_chans}, {n_times}))"
    )


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)


def size(facts: ModelFacts) -> str:
    """Return the standard size in words."""
    n_chans, n_times, sfreq = (facts.standard[key] for key in ("n_chans", "n_times", "sfreq"))
    channels = "1 channel" if n_chans == 1 else f"{n_chans} channels"
    return f"{channels} × {n_times} samples ({n_times / sfreq:.3g} s at {sfreq:g} Hz)"


def macs(facts: ModelFacts) -> str:
    """Return the number of multiply-adds."""
    return f"{facts.n_macs / 1e6:,.2f} M"


def paper_link(facts: ModelFacts) -> str:
    """Return authors and year of the paper, with a link to it."""
    return f"[{facts.authors} {facts.year}](https://doi.org/{facts.doi})"


def accepted(facts: ModelFacts) -> str:
    """Return which windows the model takes, by trying."""
    sizes = dict(facts.standard)
    windows = f"windows of any length (the paper's have {sizes['n_times']} samples)"
    if error := _refusal(facts.name, **{**sizes, "n_times": 1}):
        shortest = int(re.search(r"at least (\d+)", error)[1])
        seconds, sfreq = shortest / sizes["sfreq"], sizes["sfreq"]
        windows = f"windows of at least {shortest} samples ({seconds:.3g} s at {sfreq:g} Hz)"
    channels = "any number of channels"
    if error := _refusal(facts.name, **{**sizes, "n_chans": 256}):
        most = re.search(r"at most (\d+)", error)
        channels = f"up to {most[1] if most else _most_channels(facts.name, sizes)} channels"
    text = f"It accepts {channels} and {windows}, in microvolts."
    if getattr(find_entry(facts.name).model_class, "channel_contract", None) is not None:
        text += " What its pretrained weights expect of names and rates: [](/foundation_models.md)."
    return text


def _most_channels(name: str, sizes: dict[str, Any]) -> int:
    """Return the largest of some numbers of channels that a model takes."""
    tried = (1, 2, 3, 8, 19, 32, 64, 128)
    return max(n for n in tried if not _refusal(name, **{**sizes, "n_chans": n}))


def _refusal(name: str, **sizes: Any) -> str:
    """Return the error of a model for some sizes, or nothing. No weights are made."""
    try:
        with torch.device("meta"):
            eegzoo.create_model(name, **sizes)
    except ValueError as error:
        return str(error)
    return ""


def milliseconds(measured: Sequence[MarkdownTable]) -> dict[str, str]:
    """Return the measured time of one window by model."""
    for found in measured:
        if found.heading == ONE_WINDOW:
            column = found.header.index("ms a window")
            return {row[0].strip("`"): row[column] for row in found.rows}
    raise ValueError(f"expected a table {ONE_WINDOW!r} in benchmarks/README.md, got none")


def variants(names: Sequence[str], times: dict[str, str]) -> str:
    """Return the names under which the class is registered."""
    rows = []
    for name in names:
        facts = stored_facts()[name]
        own = [f"`{key}={_value(value)}`" for key, value in find_entry(name).defaults.items()]
        n_chans, n_times, sfreq = (facts.standard[key] for key in ("n_chans", "n_times", "sfreq"))
        rows.append(
            (
                f"`{name}`",
                paper_link(facts),
                f"{n_chans} × {n_times}, {sfreq:g} Hz",
                f"{facts.n_params:,}",
                macs(facts),
                times.get(name, ""),
                ", ".join(own),
            )
        )
    header = ("name", "paper", "window", "parameters", "MACs", "ms", "arguments of its own")
    return table(header, rows)


CERTIFICATE = """{table}
{notes}

Outputs are compared in float32, the gradients of a training step in float64; the parameters are
those of the compared network. The comparison was made with torch {torch} while this page was
written. `eegzoo verify {name}` makes it on your machine. [](/about/reference_numbers.md) says where
the numbers come from.
"""


def certificate(names: Sequence[str]) -> str:
    """Return the comparison with the reference numbers, made while the page is written."""
    rows, notes = [], []
    for name in names:
        reference = find_reference(name)
        comparison = reference.compare()
        rows.append(
            (
                f"`{name}`",
                f"{comparison.outputs:.0e}",
                f"{comparison.gradient:.0e}",
                f"{comparison.n_params:,}",
                len(comparison.constraints),
                reference.meta["source"],
                "; ".join(comparison.failures) or "equal",
            )
        )
        if reference.not_by_authors:
            notes.append(f"`{name}` is not compared with its authors' code: ")
            notes.append(f"{reference.not_by_authors}.\n")
    header = (
        "name", "outputs differ by", "gradients differ by", "parameters", "constrained layers",
        "verified against", "result",
    )  # fmt: skip
    return CERTIFICATE.format(
        table=table(header, rows),
        notes="".join(notes),
        torch=torch.__version__.partition("+")[0],
        name=names[0],
    )


def weights(names: Sequence[str]) -> str:
    """Return the cards of the trained weights."""
    found = [name for name, one in stored_cards().items() if one.card.architecture in names]
    if not found:
        return "There are no trained weights for this model; [](/weights.md) lists others.\n"
    first = f'eegzoo.create_model("{found[0]}", weights=True)'
    return f"`{first}` returns the trained model.\n\n{weights_page.cards(found)}"


def measurements(names: Sequence[str], measured: Sequence[MarkdownTable]) -> str:
    """Return the rows of the benchmarks' tables in which a model occurs."""
    parts = []
    for one in measured:
        rows = one.rows_with(names)
        if rows.rows and one.heading != ONE_WINDOW:
            parts.append(f"### {one.heading}\n\n{rows}\n")
    if not parts:
        return "Only its size and time were measured: [](/about/benchmarks.md).\n"
    explained = "What the columns mean, and how it was measured: [](/about/benchmarks.md).\n\n"
    return explained + "\n".join(parts)
