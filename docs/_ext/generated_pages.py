"""Sphinx extension: write the pages that follow from the package before Sphinx looks for pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import api_pages
import architecture_page
import command_pages
import figure_pages
import model_pages
import repository_pages
import weights_page

# Folders that hold nothing but generated pages; git ignores them.
FOLDERS = ("api", "models", "commands", "about", "generated")


def write_pages(app: Any, config: Any) -> None:
    """Write all generated pages into the source folder."""
    docs = Path(app.srcdir)
    pages: dict[str, str] = {}
    for source in (
        api_pages,
        architecture_page,
        command_pages,
        model_pages,
        weights_page,
        repository_pages,
    ):
        pages |= source.pages(docs)
    figures = figure_pages.figures()
    for folder in FOLDERS:
        (docs / folder).mkdir(exist_ok=True)
    written = {docs / name for name in (*pages, *figures)}
    for name, text in (pages | figures).items():
        _write_if_changed(docs / name, text)
    for folder in FOLDERS:
        for path in (docs / folder).rglob("*"):
            if path.is_file() and path not in written and "reference" not in path.parts:
                path.unlink()


def _write_if_changed(path: Path, text: str) -> None:
    """Write a page unless it has the text already, so that Sphinx reads only what changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Register the extension.

    Pages are written as soon as the configuration is known: autosummary and the gallery look for
    pages when the builder starts.
    """
    app.connect("config-inited", write_pages)
    app.connect("source-read", repository_pages.rewrite_links)
    return {"version": "1", "parallel_read_safe": True}
