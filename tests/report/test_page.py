"""The page is one file that loads nothing, runs nothing, and escapes all text."""

import base64
import re
import warnings
from html.parser import HTMLParser

import pytest

from eegzoo.report import Code, Picture, Table, Text, describe
from eegzoo.report.page import Part, picture_bytes, render_page
from eegzoo.report.style import one_axes

NASTY = '<script>alert("x")</script>&<img src=x onerror=alert(1)>'


class Page(HTMLParser):
    """Elements of a page, with their attributes and the text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


def picture(text="Nothing, on axes from 0 to 1."):
    figure, axes = one_axes(None)
    axes.set_xlabel(NASTY)
    describe(axes, text)
    return Picture(figure, NASTY)


def test_all_text_is_escaped():
    items = [Text(NASTY), Table([NASTY], [[NASTY]], NASTY), Code(NASTY, NASTY), picture(NASTY)]
    page = Page(render_page(NASTY, [(NASTY, NASTY)], [Part("Data", NASTY, items)], NASTY))
    assert {tag for tag, _ in page.elements} & {"script", "iframe", "object"} == set()
    assert [image["alt"] for image in page.all("img")] == [NASTY]
    assert page.text.count(NASTY) >= 10
    assert all(not name.startswith("on") for _, attrs in page.elements for name in attrs)


def test_nothing_is_loaded_from_elsewhere():
    page = Page(render_page("title", [], [Part("Data", "Windows", [picture()])]))
    addresses = [
        attrs[name] for _, attrs in page.elements for name in ("src", "href") if name in attrs
    ]
    assert len(addresses) == 4  # the icon, two links of the contents, and the picture
    assert all(re.match(r"#|data:", address) for address in addresses)
    (policy,) = [meta["content"] for meta in page.all("meta") if "content" in meta
                 and "default-src" in meta["content"]]  # fmt: skip
    assert policy.startswith("default-src 'none'")


def test_a_report_escapes_names_of_recordings(hostile_report):
    page = Page(hostile_report.read_text(encoding="utf-8"))
    assert not page.all("script")
    assert "<script>document.title='hacked'</script>" in page.text
    assert "<b>C3</b> $\\frac$" in page.text
    assert page.text.count("could not be made") == 0


def test_a_report_names_no_folder(hostile_report, tmp_path):
    text = hostile_report.read_text(encoding="utf-8")
    assert "secret" not in text
    for image in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", text):
        drawn = base64.b64decode(image)
        assert b"/home/" not in drawn
        assert b"secret" not in drawn
    assert str(hostile_report.parent) not in text


def test_every_picture_has_an_alternative_text_and_a_size(hostile_report):
    images = Page(hostile_report.read_text(encoding="utf-8")).all("img")
    assert len(images) >= 12
    for image in images:
        assert len(image["alt"]) > 20
        assert int(image["width"]) > 100
        assert int(image["height"]) > 100


def test_links_of_the_contents_lead_to_headings(hostile_report):
    page = Page(hostile_report.read_text(encoding="utf-8"))
    known = {attrs["id"] for _, attrs in page.elements if "id" in attrs}
    links = [attrs["href"] for attrs in page.all("a")]
    assert len(links) > 8
    assert {link.removeprefix("#") for link in links} <= known


def test_a_picture_is_the_same_each_time():
    kind, content, lacks = picture_bytes(picture().figure)
    assert (kind, content, lacks) == picture_bytes(picture().figure)
    assert b"<dc:date>" not in content


def test_large_pictures_are_stored_as_pixels():
    import numpy as np

    figure, axes = one_axes(None)
    axes.plot(*np.random.default_rng(0).normal(size=(2, 40_000)), "o")
    kind, content, _ = picture_bytes(figure)
    assert kind == "png"
    assert len(content) < 1_000_000


def test_missing_glyphs_are_said_and_other_warnings_kept():
    figure, axes = one_axes(None)
    axes.set_xlabel("左")
    assert picture_bytes(figure)[2]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not picture_bytes(one_axes(None)[0])[2]


def test_long_tables_are_folded():
    rows = [[str(number)] for number in range(40)]
    page = Page(render_page("t", [], [Part("Data", "s", [Table(["n"], rows, "caption")])]))
    assert len(page.all("details")) == 1
    assert len(page.all("td")) == 40


def test_other_things_than_items_are_refused():
    with pytest.raises(TypeError, match="expected a Picture, Table, Text or Code, got str"):
        render_page("t", [], [Part("Data", "s", ["text"])])
