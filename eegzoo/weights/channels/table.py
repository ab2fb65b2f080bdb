"""A channel plan as a table of text, and of HTML."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

Row = tuple[str, str, str, str]
HEADER: Row = ("channel", "is", "from", "because")


def as_text(
    summary: Sequence[str], rows: Sequence[Row], left_out: Mapping[str, str], faults: Sequence[str]
) -> str:
    """Return a plan as lines of text; runs of channels that are absent for one reason are joined.

    Parameters
    ----------
    summary : sequence of str
        Lines before the table.
    rows : sequence of tuple of str
        Cells of the table.
    left_out : mapping of str to str
        Why channels of the recording are not used.
    faults : sequence of str
        Why the model cannot run.

    Examples
    --------
    >>> rows = [("C3", "taken", "C3", ""), ("Cz", "absent", "", "missing")]
    >>> print(as_text(["eegnet"], rows, {"ECG": "not EEG"}, ()))
    eegnet
    channel  is      from  because
    C3       taken   C3
    Cz       absent        missing
    not used: ECG (not EEG)
    """
    cells = [HEADER, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADER))]
    table = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join([*summary, *(table if rows else []), *_notes(left_out, faults)])


def as_html(
    summary: Sequence[str], rows: Sequence[Row], left_out: Mapping[str, str], faults: Sequence[str]
) -> str:
    """Return a plan as HTML. Parameters are those of `as_text`.

    Examples
    --------
    >>> "<td>C3</td>" in as_html(["eegnet"], [("C3", "taken", "C3", "")], {}, ())
    True
    """
    lines = [f"<p>{html.escape(line)}</p>" for line in (*summary, *_notes(left_out, faults))]
    head = "".join(f"<th>{cell}</th>" for cell in HEADER)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return "".join(lines) + f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _notes(left_out: Mapping[str, str], faults: Sequence[str]) -> list[str]:
    shown = ", ".join(f"{name} ({why})" for name, why in left_out.items())
    return [*([f"not used: {shown}"] if shown else []), *(f"refused: {fault}" for fault in faults)]
