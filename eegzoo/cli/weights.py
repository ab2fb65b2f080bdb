"""Command ``eegzoo weights``."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from eegzoo.cli.completion import complete_weights

if TYPE_CHECKING:
    from eegzoo.weights.card import Card


def weights(
    name: Annotated[
        str,
        typer.Argument(
            help="Name, or shell-style pattern of names.", autocompletion=complete_weights
        ),
    ] = "*",
    task: Annotated[str | None, typer.Option(help="Only weights of models for this task.")] = None,
    code: Annotated[
        bool, typer.Option("--code", help="Print the preprocessing as MNE code.")
    ] = False,
) -> None:
    """List trained weights, or print the card of one.

    For example:

    [bold]eegzoo weights "eegnet.*" --task "motor imagery"[/]

    [bold]eegzoo weights eegnet.physionet_mi2[/]

    [bold]eegzoo weights eegnet.physionet_mi2 --code[/]
    """
    if any(character in name for character in "*?["):
        if code:
            raise ValueError(f"expected one name with --code, got the pattern {name!r}")
        _list(name, task)
    else:
        if task is not None:
            raise ValueError(f"expected a pattern of names with --task, got the name {name!r}")
        _show(name, code)


def _show(name: str, code: bool) -> None:
    """Print the card of a name, or the preprocessing as code."""
    from eegzoo.weights.card import lines_of
    from eegzoo.weights.folds import folds_of
    from eegzoo.weights.stored_cards import stored_cards

    folds = folds_of(name, stored_cards())
    first = stored_cards()[folds[0]]
    if code:
        typer.echo(first.mne_code)
        return
    if len(folds) > 1:
        typer.echo(f"{name} has the folds {', '.join(folds)}; this is the first:")
    typer.echo("\n".join(lines_of(folds[0], first.card)))


def _list(pattern: str, task: str | None) -> None:
    """Print a table of the weights whose names match a pattern and whose models fit a task."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Column, Table

    from eegzoo.models.facts import list_facts
    from eegzoo.weights.card import subjects_in_words
    from eegzoo.weights.stored_cards import stored_cards

    cards = {name: stored.card for name, stored in stored_cards().items()}
    architectures = {facts.name for facts in list_facts(task=task)}
    names = [
        name
        for name, card in cards.items()
        if fnmatch.fnmatchcase(name, pattern) and card.architecture in architectures
    ]
    if not names:
        raise ValueError(f"no weights match {pattern!r}")
    table = Table(Column("weights", no_wrap=True), "labels", "trained on", "result")
    for title, card in _rows(names, cards):
        metric, training = card.metrics[0], card.training
        low, high = metric.interval
        cells = (
            title,
            ", ".join(card.labels),
            f"{training.name}, {subjects_in_words(training.n_subjects)}",
            f"{metric.measure} {metric.value:.3f} [{low:.2f}, {high:.2f}]",
        )
        table.add_row(*map(escape, cells))
    Console().print(table)


def _rows(names: Collection[str], cards: dict[str, Card]) -> Iterator[tuple[str, Card]]:
    """Yield the title and the card of each row; a family with all its folds is one row."""
    from eegzoo.weights.folds import family_of, folds_of

    for name in names:
        family = family_of(name)
        folds = folds_of(family, cards)
        if len(folds) == 1 or not set(folds) <= set(names):
            yield name, cards[name]
        elif name == folds[0]:
            yield f"{family} ({len(folds)} folds)", cards[name]
