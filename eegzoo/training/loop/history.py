"""The course of a training, as a table."""

from __future__ import annotations

from typing import Any, Self

# What skorch records beside losses and scores.
_INTERNAL = ("batches", "dur", "train_batch_count", "valid_batch_count")


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
        finished = [row for row in history if "lr" in row]
        return cls(
            {
                name: value
                for name, value in row.items()
                if name not in _INTERNAL and isinstance(value, (int, float, str))
            }
            for row in finished
        )

    def __repr__(self) -> str:
        names = list(dict.fromkeys(name for row in self for name in row))
        lines = [names, *([_shown(row.get(name)) for name in names] for row in self)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(item.rjust(width) for item, width in zip(line, widths, strict=True))
            for line in lines
        )


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) >= 1e-3 or value == 0 else f"{value:.1e}"
    return str(value)
