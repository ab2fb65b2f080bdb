"""A page for each architecture, from the registry, the weights' cards and the measurements."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import model_sections as sections
from figure_pages import as_svg, image
from markdown_tables import MarkdownTable, table, tables_in

import eegzoo
from eegzoo.models import find_entry
from eegzoo.models.facts import stored_facts
from eegzoo.report import alternative_text, plot_blocks
from eegzoo.weights.stored_cards import stored_cards

INDEX = """# Models

{n_models} models of {n_architectures} architectures. A model is in the zoo if its outputs, the
gradients of a training step, its number of parameters and its norm constraints equal those of its
reference implementation; each page has the comparison.

Where no code of the authors was found (`chambon2018`, `eeginception_mi`, `sinc_shallow_net`,
`stagernet`), or other code than that of the trained weights (`seqsleepnet`), a port is the
reference, and the page says so.
`tangent_net`, its variant `tangent_net_two_heads` and `ssvep_front` are networks of our own: their
parts are computed by SciPy, pyRiemann and scikit-learn. `fbcnet` and `fbmsnet` are compared from
the filtered bands on, because their authors filter forwards only and our filter bank filters
forwards and backwards.

Parameters, multiply-adds (MACs) and milliseconds are for one window of the paper's size, the
latter on one core of the machine of the [benchmarks](/about/benchmarks.md). `eegzoo list` prints
the table, `eegzoo list --time` with the times of your machine.

{table}
```{{toctree}}
:hidden:

{listed}
```
"""


@cache
def architectures() -> dict[str, tuple[str, ...]]:
    """Return the names of each class's variants by the name of its page."""
    by_class: dict[type, list[str]] = {}
    for name in stored_facts():
        by_class.setdefault(find_entry(name).model_class, []).append(name)
    # The variant with the defaults of the class comes first and names the page.
    ordered = [
        sorted(names, key=lambda name: (bool(find_entry(name).defaults), name))
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
    times = sections.milliseconds(measured)
    found = {"models/index.md": _index(times)}
    for page, names in architectures().items():
        figure = plot_blocks(eegzoo.create_model(page, **stored_facts()[page].standard))
        found[f"models/{page}.svg"] = as_svg(figure)
        diagram = image(f"{page}.svg", alternative_text(figure), width="34em")
        found[f"models/{page}.md"] = _page(page, names, diagram, measured)
    return found


def _index(times: dict[str, str]) -> str:
    trained = [stored.card.architecture for stored in stored_cards().values()]
    rows = [
        (
            f"[{name}]({page_names()[name]}.md)",
            ", ".join(facts.tasks),
            sections.paper_link(facts),
            f"{facts.n_params:,}",
            sections.macs(facts),
            times.get(name, ""),
            trained.count(name) or "",
        )
        for name, facts in stored_facts().items()
    ]
    header = ("model", "tasks", "paper", "parameters", "MACs", "ms", "weights")
    return INDEX.format(
        n_models=len(rows),
        n_architectures=len(architectures()),
        table=table(header, rows),
        listed="\n".join(architectures()),
    )


def _page(page: str, names: Sequence[str], diagram: str, measured: Sequence[MarkdownTable]) -> str:
    facts, kind = stored_facts()[page], find_entry(page).model_class.__name__
    headings = {
        "Use it": (
            f"```python\n{sections.code(facts)}\n```\n\n{sections.accepted(facts)} Its arguments "
            f"are described with {{py:class}}`eegzoo.models.{kind}`."
        ),
        "Diagram": f"For windows of {sections.size(facts)}:\n\n{diagram}",
        "Variants": sections.variants(names, sections.milliseconds(measured)),
        "Certificate": sections.certificate(names),
        "Weights": sections.weights(names),
        "Speed and accuracy": sections.measurements(names, measured),
    }
    title, _, summary = facts.summary.partition(": ")
    summary = f"{summary[:1].upper()}{summary[1:]}" if summary else title
    parts = [f"# {kind}\n\n{summary}", sections.overview(facts)]
    parts += [f"## {heading}\n\n{text}" for heading, text in headings.items()]
    return "\n\n".join(parts) + "\n"
