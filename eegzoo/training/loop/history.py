"""The course of a training, as a table."""

from __future__ import annotations

from typing import Any


class History(list[dict[str, Any]]):
    """A row for each epoch, a dict each: ``pandas.DataFrame(history)`` takes it, and it prints.

    Examples
    --------
    >>> History([{"epoch": 1, "train_loss": 0.7}, {"epoch": 2, "train_loss": 0.65}])
    epoch  train_loss
        1      0.7000
        2      0.6500
    """

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
