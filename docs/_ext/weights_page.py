"""Table of the trained weights, and a page with the card of each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from markdown_tables import table

from eegzoo.models.facts import stored_facts
from eegzoo.weights.card import Card, lines_of
from eegzoo.weights.catalogue import SHIPPED
from eegzoo.weights.stored_cards import stored_cards

INTRODUCTION = """# Weights

Every file of trained weights has a card: what it expects of a recording, what it was trained on,
what was measured and how. `eegzoo weights NAME` prints it, and the model's page shows it.
Weights that come with the package work at once; authors' weights are fetched from their pinned
address when they are first used, and verified. `eegzoo.create_model("NAME", weights=True)`,
`EEGClassifier.from_weights("NAME")` and `eegzoo predict NAME` take any of them.

"""
HEADER = (
    "weights", "task and labels", "channels", "Hz", "window", "trained on", "licence",
    "parameters", "measured",
)  # fmt: skip
# Words in the labels of each task.
TASKS = {
    "sleep": r"\bN2\b", "mental workload": "arithmetic", "ssvep": r"\dhz", "erp": "aud_|vis_",
    "motor imagery": "hand|fist|feet",
}  # fmt: skip


def pages(docs: Path) -> dict[str, str]:
    """Return the texts of the pages by file name."""
    rows = [_row(name, stored.card) for name, stored in stored_cards().items()]
    text = f"{INTRODUCTION}```{{raw}} html\n:file: _static/filter.html\n```\n\n"
    return {"weights.md": f"{text}{table(HEADER, rows)}"}


def page_of(architecture: str) -> str:
    """Return the name of a model's page, which variants share."""
    from model_pages import page_names

    return page_names()[architecture]


def _row(name: str, card: Card) -> list[str]:
    signal = card.signal
    channels = signal["ch_names"]
    listed = ", ".join(channels) if len(channels) <= 3 else f"{len(channels)}"
    people = _people(card.training.n_subjects)
    return [
        f"[{name}](models/{page_of(card.architecture)}.md#{anchor(name)})",
        f"{task_of(card)}: {', '.join(card.labels).replace('_', ' ')}",
        listed,
        f"{signal['sfreq']:g}",
        f"{signal['n_times'] / signal['sfreq']:.3g} s",
        f"{card.training.name}{people and f', {people}'}",
        card.origin.licence,
        size_of(name, card),
        figure_of(card),
    ]


def _people(n: int | None) -> str:
    return "" if n is None else "1 person" if n == 1 else f"{n} people"


def task_of(card: Card) -> str:
    """Return the task that labels are of; without a known one, that of the architecture."""
    labels = " ".join(card.labels)
    for task, pattern in TASKS.items():
        if re.search(pattern, labels):
            return task
    return stored_facts()[card.architecture].tasks[0]


def size_of(name: str, card: Card) -> str:
    """Return the number of parameters, and the size of a file that comes with the package."""
    shipped = SHIPPED / f"{name}.safetensors"
    size = f"; {shipped.stat().st_size / 1024:.0f} KiB in the package" if shipped.exists() else ""
    return f"{card.n_params:,}{size}"


def figure_of(card: Card) -> str:
    """Return the first measure of a card, with its interval and how it was measured."""
    metric, *others = card.metrics
    low, high = metric.interval
    protocol = re.split("[,;]", metric.protocol)[0]
    more = f"; {len(others)} more on the card" if others else ""
    return f"{metric.measure} {metric.value:.3f} ({low:.2f} to {high:.2f}), {protocol}{more}"


def anchor(name: str) -> str:
    """Return the name of a card's place in a page."""
    return "weights-" + name.replace(".", "-").replace("_", "-")


def cards(names: Iterable[str]) -> str:
    """Return the cards of weights, each folded behind its name."""
    parts = []
    for name in names:
        stored = stored_cards()[name]
        text = "\n".join(lines_of(name, stored.card))
        parts.append(
            f"({anchor(name)})=\n:::{{dropdown}} {name}: {stored.card.metrics[0].measure} "
            f"{stored.card.metrics[0].value:.3f}\n\n"
            f"```text\n{text}\n```\n\nThe preprocessing in MNE's words:\n\n"
            f"```python\n{stored.mne_code}\n```\n:::\n"
        )
    return "\n".join(parts)
