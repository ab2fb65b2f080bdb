"""The course of a training, as a table."""

from __future__ import annotations

import math
from typing import Any, Self

# Columns in their order, before those that callbacks of the user record.
_FIRST = ("epoch", "lr", "train_loss", "valid_loss", "valid_score")
# What skorch records besides.
_INTERNAL = ("batches", "dur", "train_batch_count", "valid_batch_count", "event_lr")


class History(list[dict[str, Any]]):
    """A row for each epoch, a dict each: ``pandas.DataFrame(history)`` takes it, and it prints.

    Examples
    --------
    >>> History([{"epoch": 1, "train_loss": 0.7}, {"epoch": 2, "train_loss": 0.65}])
    epoch  train_loss
        1      0.7000
        2      0.6500
    """

    @classmethod
    def of(cls, history: Any) -> Self:
        """Return the finished epochs of a skorch history, without its book-keeping.

        Parameters
        ----------
        history : skorch.history.History
            History of a net.
        """
        rows = []
        for row in history:
            if "lr" in row:  # an interrupted epoch has none
                others = [name for name in row if name not in (*_FIRST, *_INTERNAL)]
                names = [*_FIRST, *(name for name in others if not name.endswith("_best"))]
                shown = {name: row[name] for name in names if name in row}
                rows.append({n: v for n, v in shown.items() if isinstance(v, (int, float, str))})
        return cls(rows)

    def __repr__(self) -> str:
        names = list(dict.fromkeys(name for row in self for name in row))
        lines = [names, *([_shown(row.get(name)) for name in names] for row in self)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(item.rjust(width) for item, width in zip(line, widths, strict=True))
            for line in lines
        )


def epoch_choice(history: list[dict[str, Any]], best_epoch: int) -> str:
    """Return which epoch's weights a training kept, and what chose it, in words.

    Parameters
    ----------
    history : list of dict
        History of the training.
    best_epoch : int
        Epoch whose weights were kept.

    Examples
    --------
    >>> epoch_choice([{"epoch": 1, "valid_loss": 0.7}, {"epoch": 2, "valid_loss": 0.8}], 1)
    '1 of 2, by the smallest validation loss'
    >>> epoch_choice([{"epoch": 1, "train_loss": 0.7}], 1)
    '1 of 1, the last, without validation'
    """
    losses = {row["epoch"]: row.get("valid_loss") for row in history}
    known = {epoch: loss for epoch, loss in losses.items() if loss is not None}
    smallest = min((loss for loss in known.values() if math.isfinite(loss)), default=None)
    if not known and best_epoch == len(history):
        reason = "the last, without validation"
    elif smallest is not None and known.get(best_epoch) == smallest:
        reason = "by the smallest validation loss"
    else:
        reason = "by a callback"
    return f"{best_epoch} of {len(history)}, {reason}"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) >= 1e-3 or value == 0 else f"{value:.1e}"
    return str(value)
