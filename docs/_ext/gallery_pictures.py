"""Sphinx extension: alternative texts for the small pictures in the gallery's list."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes

_THUMBNAIL = re.compile(r"sphx_glr_(\w+)_thumb\.")


def describe_thumbnails(app: Any, doctree: nodes.document, docname: str) -> None:
    """Name the example in the picture of each thumbnail, which sphinx-gallery leaves without."""
    folder = docname.rpartition("/")[0]
    for picture in doctree.findall(nodes.image):
        match = _THUMBNAIL.search(picture["uri"])
        title = match and app.env.titles.get(f"{folder}/{match[1]}")
        if title is not None:
            picture["alt"] = f"First picture of: {title.astext()}"


def setup(app: Any) -> dict[str, Any]:
    """Register the extension."""
    app.connect("doctree-resolved", describe_thumbnails)
    return {"version": "1", "parallel_read_safe": True}
