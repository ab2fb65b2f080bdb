"""Tables of the agreement in nights, on the terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import typer

from eegzoo.cli.results import print_confusion

if TYPE_CHECKING:
    from eegzoo.sleep.scorings.agreement import Agreement
    from eegzoo.sleep.scorings.night_agreement import NightAgreement

_NAMES = {"accuracy": "accuracy", "kappa": "kappa", "macro_f1": "macro-F1"}


def print_agreement(what: str, found: NightAgreement) -> None:
    """Print the measures of each night and of all, their intervals, and the confusion matrix.

    Parameters
    ----------
    what : str
        What was compared, such as "windows of 30 s".
    found : NightAgreement
        Agreement.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    stages = list(found.pooled.f1)
    table = Table(title=f"{what}, with the F1 of each stage", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("night", overflow="fold", min_width=9)
    for name in ("n", "acc.", "kappa", "mF1", *stages):
        table.add_column(name, justify="right", no_wrap=True, min_width=5)
    for name, night in found.nights.items():
        table.add_row(*_row(name, night))
    if len(found.nights) > 1:
        table.add_row(*_row("all", found.pooled))
    Console().print(table)
    print_confusion(found.pooled.confusion.tolist(), stages)
    pooled = found.pooled
    measures = []
    for measure, name in _NAMES.items():
        low, high = found.intervals[measure]
        text = f"{name} {_number(getattr(pooled, measure))}"
        if not math.isnan(low):
            text += f" ({low:.3f} to {high:.3f})"
        measures.append(text)
    over = f"of {len(found.nights)} nights, 95% intervals over nights"
    one = "of one night"
    typer.echo(
        f"{what}: {', '.join(measures)}; {pooled.n_windows} windows "
        f"{over if len(found.nights) > 1 else one}, {pooled.n_unscored} unscored"
    )


def _row(name: str, night: Agreement) -> list[str]:
    values = [night.accuracy, night.kappa, night.macro_f1, *night.f1.values()]
    return [name, str(night.n_windows), *map(_number, values)]


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
