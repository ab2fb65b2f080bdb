"""``eegzoo weights``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer


def weights(
    name: Annotated[str, typer.Argument(help="A name, or a shell-style pattern of names.")] = "*",
    task: Annotated[str | None, typer.Option(help="Only weights of models for this task.")] = None,
    code: Annotated[
        bool, typer.Option("--code", help="Print the preprocessing as MNE code.")
    ] = False,
) -> None:
    """List trained weights, or print all that is known of one.

    For example:

    [bold]eegzoo weights "eegnet.*"[/]

    [bold]eegzoo weights eegnet.physionet_mi2[/]

    [bold]eegzoo weights eegnet.physionet_mi2 --code[/]
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Column, Table

    from eegzoo.weights.catalogue import find_weights, list_weights, names_of_folds

    if not any(character in name for character in "*?["):
        found, folds = find_weights(name), names_of_folds(name)
        if code:
            typer.echo(found.as_mne_code())
            return
        if len(folds) > 1:
            typer.echo(f"{name} has the folds {', '.join(folds)}; the first of them:")
        found.card()
        return
    if code:
        raise ValueError(f"expected one name with --code, got the pattern {name!r}")
    names = list_weights(name, task=task)
    if not names:
        raise ValueError(f"no weights match {name!r}")
    table = Table(Column("weights", no_wrap=True), "labels", "trained on", "result")
    for shown, first in _rows(names):
        card = find_weights(first).metadata
        metric, training = card.metrics[0], card.training
        low, high = metric.interval
        people = "1 subject" if training.n_subjects == 1 else f"{training.n_subjects} subjects"
        cells = (
            shown,
            ", ".join(card.labels),
            f"{training.name}, {people}",
            f"{metric.measure} {metric.value:.3f} [{low:.2f}, {high:.2f}]",
        )
        table.add_row(*map(escape, cells))
    Console().print(table)


def _rows(names: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what to show, and for whom; a family whose folds are all there is shown once."""
    from eegzoo.weights.catalogue import names_of_folds

    for name in names:
        family = name.rpartition("_fold")[0]
        folds = names_of_folds(family) if family else [name]
        if len(folds) == 1 or not set(folds) <= set(names):
            yield name, name
        elif name == folds[0]:
            yield f"{family} ({len(folds)} folds)", name
