"""The site builds without a warning, links only to what exists, and loads nothing from outside."""

import html.parser
import re
from urllib.parse import unquote, urljoin, urlsplit

import pytest

import eegzoo
from eegzoo.models.facts import stored_facts
from eegzoo.weights.stored_cards import stored_cards
from tests.docs.code_blocks import python_blocks

pytestmark = pytest.mark.slow


class Page(html.parser.HTMLParser):
    """Targets in a page, addresses that it links to, and what it loads."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loaded, self.images = set(), [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.ids.update(filter(None, (values.get("id"), values.get("name"))))
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        elif tag == "link" and values.get("rel") not in ("canonical", "author"):
            self.loaded.append(values.get("href", ""))
        elif tag in ("script", "img", "iframe", "source") and values.get("src"):
            self.loaded.append(values["src"])
        if tag == "img":
            self.images.append(values)


@pytest.fixture(scope="module")
def pages(built_site):
    folder, _ = built_site
    return {
        path.relative_to(folder).as_posix(): Page(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.html"))
        if "_static" not in path.parts
    }


def test_the_site_builds_without_a_warning(built_site):
    _, log = built_site
    assert log.startswith("0\n"), log[-3000:]
    assert "build succeeded." in log
    assert re.findall("^.*(?:WARNING|ERROR).*$", log, re.MULTILINE) == []


def test_every_link_has_a_target(built_site, pages):
    folder, _ = built_site
    broken = []
    for name, page in pages.items():
        for link in {link for link in page.links if not urlsplit(link).scheme}:
            target = urlsplit(urljoin(f"/{name}", link))
            path, fragment = unquote(target.path.lstrip("/")), unquote(target.fragment)
            known = pages.get(path)
            exists = (folder / path).is_file() if known is None else True
            if not exists or (known is not None and fragment and fragment not in known.ids):
                broken.append(f"{name}: {link}")
    assert broken == []


def test_nothing_is_loaded_from_outside(built_site, pages):
    folder, _ = built_site
    loaded = {address for page in pages.values() for address in page.loaded}
    assert [one for one in loaded if urlsplit(one).netloc] == []
    styles = [path.read_text(encoding="utf-8") for path in folder.rglob("*.css")]
    assert [one for text in styles for one in re.findall(r"url\(['\"]?(?:https?:)?//", text)] == []


def test_pictures_have_alternative_texts(pages):
    silent = [
        f"{name}: {image.get('src')}"
        for name, page in pages.items()
        for image in page.images
        if not (image.get("alt") or "").strip()
    ]
    assert silent == []


def test_code_of_every_model_page_runs(built_site):
    folder, _ = built_site
    for path in sorted((folder.parents[1] / "models").glob("*.md")):
        if path.stem != "index":
            code, *_ = python_blocks(path.read_text(encoding="utf-8"))
            namespace = {}
            exec(code.code, namespace)
            assert namespace["logits"].shape[0] == 2, path.stem


def test_every_model_public_name_and_weight_has_a_place(built_site, pages):
    folder, _ = built_site
    text = (folder / "models/index.html").read_text(encoding="utf-8")
    assert [name for name in stored_facts() if f">{name}</span></a>" not in text] == []
    anchors = {link.partition("#")[2] for link in pages["weights.html"].links}
    for name in stored_cards():
        assert "weights-" + name.replace(".", "-").replace("_", "-") in anchors
    for package in ("layers", "models", "data", "training", "report", "sleep", "online"):
        for name in getattr(eegzoo, package).__all__:
            assert f"api/reference/eegzoo.{package}.{name}.html" in pages, name
