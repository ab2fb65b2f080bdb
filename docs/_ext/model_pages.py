"""A page for each architecture, from the registry, the weights' cards and the measurements."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch
import weights_page
from figure_pages import as_svg, image
from markdown_tables import MarkdownTable, table, tables_in

import eegzoo
from eegzoo.models import EEGModel, find_entry
from eegzoo.models.base import ShortWindowError
from eegzoo.models.facts import ModelFacts, stored_facts
from eegzoo.models.references import find_reference
from eegzoo.report import alternative_text, plot_blocks
from eegzoo.weights.stored_cards import stored_cards

# Table in benchmarks/README.md with every model at its standard size.
ONE_WINDOW = "One window of every model"
SIZES = ("n_chans", "n_times", "n_outputs", "sfreq")


@cache
def architectures() -> dict[str, tuple[str, ...]]:
    """Return the names of each class's variants by the name of its page."""
    by_class: dict[type, list[str]] = {}
    for name in stored_facts():
        by_class.setdefault(find_entry(name).model_class, []).append(name)
    # The variant with the defaults of the class comes first and names the page.
    ordered = [
        sorted(names, key=lambda n: (bool(find_entry(n).defaults), n))
        for names in by_class.values()
    ]
    return {names[0]: tuple(names) for names in ordered}


@cache
def page_names() -> dict[str, str]:
    """Return the page of each model."""
    return {name: page for page, names in architectures().items() for name in names}


def pages(docs: Path) -> dict[str, str]:
    """Return the texts of the pages, and the diagrams, by file name."""
    measured = tables_in((docs.parent / "benchmarks/README.md").read_text(encoding="utf-8"))
    found = {"models/index.md": _index(measured)}
    for page, names in architectures().items():
        model = eegzoo.create_model(page, **stored_facts()[page].standard)
        figure = plot_blocks(model)
        found[f"models/{page}.svg"] = as_svg(figure)
        diagram = image(f"{page}.svg", alternative_text(figure), width="34em")
        found[f"models/{page}.md"] = _page(page, names, model, diagram, measured)
    return found


def _index(measured: Sequence[MarkdownTable]) -> str:
    times = _milliseconds(measured)
    rows = [
        (
            f"[{name}]({page_names()[name]}.md)",
            ", ".join(facts.tasks),
            f"[{facts.authors} {facts.year}](https://doi.org/{facts.doi})",
            f"{facts.n_params:,}",
            f"{facts.n_macs / 1e6:,.2f} M",
            times.get(name, ""),
            sum(stored.card.architecture == name for stored in stored_cards().values()) or "",
        )
        for name, facts in stored_facts().items()
    ]
    header = ("model", "tasks", "paper", "parameters", "MACs", "ms", "weights")
    listed = "\n".join(architectures())
    return f"""# Models

{len(rows)} models of {len(architectures())} architectures. A model is in the zoo if its outputs, the
gradients of a training step, its number of parameters and its norm constraints equal those of its
reference implementation; each page has the comparison.

Where the authors published no code (`chambon2018`, `eeginception_mi`, `stagernet`), or other code
than that of the trained weights (`seqsleepnet`), a port is the reference, and the page says so.
`tangent_net` and `ssvep_front` are networks of our own: their parts are computed by SciPy, pyRiemann
and scikit-learn. `fbcnet` is compared from the filtered bands on, because its authors filter forwards
only and our filter bank filters forwards and backwards.

Parameters, multiply-adds (MACs) and
milliseconds are for one window of the paper's size, the latter on one core of the machine of the
[benchmarks](/about/benchmarks.md). `eegzoo list` prints the table, `eegzoo list --time` with the
times of your machine.

{table(header, rows)}
```{{toctree}}
:hidden:

{listed}
```
"""


def _milliseconds(measured: Sequence[MarkdownTable]) -> dict[str, str]:
    for found in measured:
        if found.heading == ONE_WINDOW:
            column = found.header.index("ms a window")
            return {row[0].strip("`"): row[column] for row in found.rows}
    return {}


def _page(
    page: str, names: Sequence[str], model: EEGModel, diagram: str,
    measured: Sequence[MarkdownTable],
) -> str:  # fmt: skip
    facts, entry = stored_facts()[page], find_entry(page)
    kind = entry.model_class.__name__
    full = f"eegzoo.models.{kind}"
    sections = [
        f"# {kind}\n\n{facts.summary.partition(': ')[2].capitalize() or facts.summary}",
        _overview(facts),
        f"## Use it\n\n```python\n{_code(facts)}\n```\n",
        f"Arguments and their meaning: {{py:class}}`{full}`. {_accepted(facts)}",
        f"## Diagram\n\nFor windows of {_size(facts)}:\n\n{diagram}",
        f"## Variants\n\n{_variants(names, measured)}",
        f"## Certificate\n\n{_certificate(names)}",
        f"## Weights\n\n{_weights(names)}",
        f"## Speed and accuracy\n\n{_measured(names, kind, measured)}",
    ]
    return "\n\n".join(sections) + "\n"


def _overview(facts: ModelFacts) -> str:
    return (
        f"Paper\n: {facts.paper}. <https://doi.org/{facts.doi}>\n\n"
        f"Tasks\n: {', '.join(facts.tasks)}\n\n"
        f"Reference implementation\n: {facts.source}\n"
    )


def _code(facts: ModelFacts) -> str:
    arguments = [f"{key}={_value(value)}" for key, value in facts.standard.items()]
    rest = f"    {', '.join(arguments[4:])},\n" if arguments[4:] else ""
    return (
        f"import eegzoo\nimport torch\n\n"
        f'model = eegzoo.create_model(\n    "{facts.name}",\n    {", ".join(arguments[:4])},\n{rest})\n'
        f"logits = model(torch.randn(2, {facts.standard['n_chans']}, {facts.standard['n_times']}))"
    )


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)


def _size(facts: ModelFacts) -> str:
    size = facts.standard
    seconds = size["n_times"] / size["sfreq"]
    channels = "1 channel" if size["n_chans"] == 1 else f"{size['n_chans']} channels"
    return f"{channels} × {size['n_times']} samples ({seconds:.3g} s at {size['sfreq']:g} Hz)"


def _short_size(facts: ModelFacts) -> str:
    size = facts.standard
    return f"{size['n_chans']} × {size['n_times']}, {size['sfreq']:g} Hz"


def _accepted(facts: ModelFacts) -> str:
    """Return which windows the model takes, by trying."""
    size = dict(facts.standard)
    shortest = 1
    try:
        eegzoo.create_model(facts.name, **{**size, "n_times": 1})
    except ShortWindowError as error:
        shortest = int(re.search(r"at least (\d+)", str(error))[1])
    windows = f"windows of at least {shortest} samples ({shortest / size['sfreq']:.3g} s at {size['sfreq']:g} Hz)"
    most = [n for n in (1, 2, 3, 8, 19, 32, 64, 128, 256) if _builds(facts.name, size, n)]
    channels = "any number of channels"
    if most[-1] < 256:
        channels = f"up to {most[-1]} channels and more (256 are too many)"
    if most[0] > 1:
        channels += f", at least {most[0]}"
    if shortest == 1:
        windows = f"windows of any length; the paper's have {size['n_times']} samples"
    return f"It accepts {channels} and {windows}, in microvolts."


def _builds(name: str, size: dict[str, object], n_chans: int) -> bool:
    try:
        model = eegzoo.create_model(name, **{**size, "n_chans": n_chans})
    except ValueError:
        return False
    return model.n_chans == n_chans


def _variants(names: Sequence[str], measured: Sequence[MarkdownTable]) -> str:
    times = _milliseconds(measured)
    rows = []
    for name in names:
        facts, entry = stored_facts()[name], find_entry(name)
        own = ", ".join(f"`{key}={_value(value)}`" for key, value in entry.defaults.items())
        paper = f"[{facts.authors} {facts.year}](https://doi.org/{facts.doi})"
        ms = times.get(name, "")
        rows.append(
            (f"`{name}`", paper, _short_size(facts), f"{facts.n_params:,}", f"{facts.n_macs / 1e6:,.2f} M", ms, own)
        )
    header = ("name", "paper", "size", "parameters", "MACs", "ms", "arguments of its own")
    return table(header, rows)


def _certificate(names: Sequence[str]) -> str:
    """Return the comparison with the reference numbers, made while the page is written."""
    rows, notes = [], []
    for name in names:
        reference = find_reference(name)
        comparison = reference.compare()
        verdict = "; ".join(comparison.failures) or "equal"
        rows.append(
            (f"`{name}`", f"{comparison.outputs:.0e}", f"{comparison.gradient:.0e}",
             f"{comparison.n_params:,}", len(comparison.constraints), reference.meta["source"], verdict)
        )  # fmt: skip
        if reference.not_by_authors:
            notes.append(f"The numbers of `{name}` are not the authors': {reference.not_by_authors}.\n")
    header = ("name", "outputs differ by", "gradients differ by", "parameters", "constrained layers",
              "verified against", "")  # fmt: skip
    return (
        f"{table(header, rows)}\n{' '.join(notes)}\nOutputs are compared in float32, the gradients of a "
        "training step in float64; the parameters are those of the compared network. The comparison "
        f"was made with torch {torch.__version__.partition('+')[0]} while this page was written. "
        f"`eegzoo verify {names[0]}` makes it on your machine, and "
        "[](/about/reference_numbers.md) says where the numbers come from.\n"
    )


def _weights(names: Sequence[str]) -> str:
    found = [n for n, stored in stored_cards().items() if stored.card.architecture in names]
    if not found:
        return "There are no trained weights for this model yet; [](/weights.md) lists those of others.\n"
    first = f'eegzoo.create_model("{found[0]}", weights=True)'
    return f"`{first}` returns the trained model.\n\n{weights_page.cards(found)}"


def _measured(names: Sequence[str], kind: str, measured: Sequence[MarkdownTable]) -> str:
    parts = []
    for one in measured:
        rows = one.rows_with(names)
        if rows.rows and one.heading != ONE_WINDOW:
            parts.append(f"### {one.heading}\n\n{rows}\n")
    if not parts:
        return "It is in none of the [benchmarks](/about/benchmarks.md) but the table of sizes and times.\n"
    return "What the columns mean and how it was measured: [](/about/benchmarks.md).\n\n" + "\n".join(parts)
