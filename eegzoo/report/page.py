"""The HTML page of a report: one file, which loads nothing and runs nothing.

`mne.Report` is not used: version 1.13.2 gives pictures in SVG no alternative text and those in PNG
their title, and its page runs scripts, so that no policy can forbid those of others.
"""

from __future__ import annotations

import base64
import dataclasses
import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
import matplotlib.style
from matplotlib.figure import Figure, SubFigure

from eegzoo.report.names import printable
from eegzoo.report.sections import Code, Item, Picture, Table, Text
from eegzoo.report.style import NARROW, STYLE, alternative_text

_TEMPLATE = Path(__file__).with_name("page.html")
_PIXELS = 96  # of an inch, in CSS
_MOST_SVG = 1_000_000  # bytes, above which a picture is stored as pixels
_LONG = 12  # rows of a table that is folded


@dataclasses.dataclass(frozen=True)
class Part:
    """A heading with what is below it.

    Examples
    --------
    >>> Part("Data", "Windows", [Text("40 windows")]).title
    'Windows'
    """

    chapter: str
    title: str
    items: Sequence[Item]


def render_page(
    title: str, facts: Sequence[tuple[str, str]], parts: Sequence[Part], footer: str = ""
) -> str:
    """Return the page as HTML.

    All text is escaped, and a content security policy forbids the page to load or run anything.

    Parameters
    ----------
    title : str
        Title.
    facts : sequence of tuple
        Names and values, below the title.
    parts : sequence of Part
        Contents, by chapter.
    footer : str
        Last line.

    Examples
    --------
    >>> page = render_page("<b>", [], [Part("Data", "Windows", [Text("<script>")])])
    >>> "&lt;script&gt;" in page, "<script>" in page
    (True, False)
    """
    # `autoescape` of any name: the default of jinja2 escapes nothing.
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    chapters: list[dict[str, Any]] = []
    for number, part in enumerate(parts):
        if not chapters or chapters[-1]["title"] != part.chapter:
            new = {"title": part.chapter, "id": f"chapter-{len(chapters)}", "sections": []}
            chapters.append(new)
        section = {"title": printable(part.title), "id": f"section-{number}"}
        chapters[-1]["sections"].append({**section, "groups": _groups(part.items)})
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    known = [(printable(name), printable(value)) for name, value in facts]
    return template.render(
        title=printable(title), facts=known, chapters=chapters, footer=printable(footer)
    )


def _groups(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Return items as the template takes them; successive pictures are side by side."""
    groups: list[dict[str, Any]] = []
    for item in items:
        if isinstance(item, Picture):
            if not groups or groups[-1]["kind"] != "pictures":
                groups.append({"kind": "pictures", "entries": []})
            groups[-1]["entries"].append(_picture(item))
        elif isinstance(item, Table):
            rows = [[printable(cell) for cell in row] for row in item.rows]
            groups.append(
                {
                    "kind": "table", "header": [printable(name) for name in item.header],
                    "rows": rows, "caption": printable(item.caption), "is_long": len(rows) > _LONG,
                }
            )  # fmt: skip
        elif isinstance(item, Text):
            text = printable(item.text)
            groups.append({"kind": "text", "text": text, "is_warning": item.is_warning})
        elif isinstance(item, Code):
            text = "\n".join(line.rstrip() for line in item.text.splitlines())
            groups.append({"kind": "code", "text": text, "caption": printable(item.caption)})
        else:
            raise TypeError(f"expected a Picture, Table, Text or Code, got {type(item).__name__}")
    return groups


def _picture(picture: Picture) -> dict[str, Any]:
    figure = picture.figure
    if not isinstance(figure, Figure):
        raise TypeError(f"expected a Figure, got {type(figure).__name__}")
    kind, content, lacks_glyphs = picture_bytes(figure)
    caption = picture.caption
    if lacks_glyphs:
        caption += " Characters that the font of the picture does not have are boxes."
    width, height = (round(side * _PIXELS) for side in figure.get_size_inches())
    encoded = base64.b64encode(content).decode("ascii")
    return {
        "source": f"data:image/{kind};base64,{encoded}", "alt": printable(alternative_text(figure)),
        "width": width, "height": height, "caption": printable(caption),
        "is_wide": width > 1.2 * NARROW * _PIXELS,
    }  # fmt: skip


def picture_bytes(figure: Figure) -> tuple[str, bytes, bool]:
    """Return a figure as an image: as SVG or, where that would be large, as PNG.

    Parameters
    ----------
    figure : Figure
        Figure.

    Returns
    -------
    kind : {"svg+xml", "png"}
        Kind of the image.
    content : bytes
        The image, which is the same each time.
    lacks_glyphs : bool
        Whether the font lacks characters of the figure.

    Examples
    --------
    >>> from eegzoo.report.style import one_axes
    >>> kind, content, _ = picture_bytes(one_axes(None)[0])
    >>> kind, content[:5]
    ('svg+xml', b'<?xml')
    """
    with matplotlib.style.context(STYLE), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
        kind = "svg+xml"
        content = file.getvalue()
        if len(content) > _MOST_SVG:
            content, kind = png_bytes(figure), "png"
    glyphs = [one for one in caught if "missing from font" in str(one.message)]
    for one in caught:
        if one not in glyphs:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    return kind, content, bool(glyphs)


def png_bytes(figure: Figure | SubFigure) -> bytes:
    """Return a figure as PNG, which is the same each time.

    Examples
    --------
    >>> from eegzoo.report.style import one_axes
    >>> png_bytes(one_axes(None)[0])[1:4]
    b'PNG'
    """
    if not isinstance(figure, Figure):
        raise TypeError(f"expected a Figure, got {type(figure).__name__}")
    file = io.BytesIO()
    with matplotlib.style.context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*missing from font", UserWarning)  # the page says it
        figure.savefig(file, format="png", dpi=150, metadata={"Software": None})
    return file.getvalue()
