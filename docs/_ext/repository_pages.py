"""Pages that are kept where GitHub shows them, with links that hold in the site."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

# File in the repository: page.
PAGES = {
    "CONTRIBUTING.md": "about/contributing.md",
    "SECURITY.md": "about/security.md",
    "examples/browser/how_it_works.md": "about/browser_example.md",
    "CHANGELOG.md": "about/changelog.md",
    "benchmarks/README.md": "about/benchmarks.md",
    "recipes/README.md": "about/recipes.md",
    "findings/README.md": "about/findings.md",
    "tests/reference/README.md": "about/reference_numbers.md",
}
INDEX = """# About

How eegzoo is made, what was measured, and how to take part.

```{{toctree}}
:maxdepth: 1

architecture
{listed}
/policies
/model_card_template
```
"""
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


def further_pages(docs: Path) -> dict[str, str]:
    """Return a list of the guide's pages that no page lists, for the end of the guide."""
    listed = "".join((docs / name).read_text("utf-8") for name in ("index.md", "guide.md"))
    known = {"index", "weights", *re.findall(r"^/?(\w+)$", INDEX + listed, re.MULTILINE)}
    further = [path.stem for path in sorted(docs.glob("*.md")) if path.stem not in known]
    lines = ["```{toctree}", ":caption: Further pages", "", *further, "```", ""]
    return {"generated/further_pages.txt": "\n".join(lines) if further else ""}


def pages(docs: Path) -> dict[str, str]:
    """Return the texts of the pages by file name."""
    root = docs.parent
    found = {
        page: with_links_of_the_site((root / file).read_text(encoding="utf-8"), file)
        for file, page in PAGES.items()
    }
    listed = "\n".join(Path(page).stem for page in PAGES.values())
    return {**found, **further_pages(docs), "about/index.md": INDEX.format(listed=listed)}


def with_links_of_the_site(text: str, file: str) -> str:
    """Return a text whose links to files of the repository lead to pages.

    Parameters
    ----------
    text : str
        Text in Markdown.
    file : str
        Path of its file in the repository.
    """

    def link(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(file), match[1]))
        if target in PAGES:
            return f"](/{PAGES[target]}{match[2] or ''})"
        if target.startswith("examples/plot_"):  # the gallery's page, written as reST
            return f"](/auto_{target.removesuffix('.py')}.rst)"
        if target.startswith("docs/"):
            return f"](/{target.removeprefix('docs/')}{match[2] or ''})"
        return match[0]

    return _LINK.sub(link, text)


def rewrite_links(app: Any, docname: str, source: list[str]) -> None:
    """Make links from the guide's pages to files of the repository lead to pages."""
    if app.env.doc2path(docname).suffix == ".md":
        source[0] = with_links_of_the_site(source[0], f"docs/{docname}.md")
