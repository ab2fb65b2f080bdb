"""The site in headless Chromium: search, no console errors, narrow, light and dark."""

import functools
import html
import http.server
import json
import re
import shutil
import subprocess
import threading

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian's package chromium)"),
]
# Loads pages one after the other into a frame, and writes down what they look like. Chromium's
# windows are at least 500 pixels wide, frames are not.
VISIT = """<!DOCTYPE html><html><head></head><body style="margin: 0">
<iframe style="width: WIDTHpx; height: 900px; border: 0"></iframe>
<script>
localStorage.setItem("mode", "MODE");
localStorage.setItem("theme", "MODE");
const pages = PAGES;
const found = [];
const frame = document.querySelector("iframe");
const luminance = (color) => {
  const part = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((value) => part(value / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const background = (element, view) => {
  for (let one = element; one; one = one.parentElement) {
    const color = view.getComputedStyle(one).backgroundColor;
    if (!/, 0\\)$/.test(color)) return color;
  }
  return "rgb(255, 255, 255)";
};
const contrast = (element, view) => {
  const one = luminance(view.getComputedStyle(element).color);
  const other = luminance(background(element, view));
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
};
const measure = (page) => {
  const view = frame.contentWindow, text = frame.contentDocument;
  const kinds = ["h1", "p", "li", "a", "td", "code"].map((kind) => `article ${kind}`);
  const texts = [...text.querySelectorAll(kinds.join(", "))];
  const images = [...text.querySelectorAll("img")];
  found.push({
    page,
    inner: view.innerWidth,
    width: text.documentElement.scrollWidth,
    theme: text.documentElement.dataset.theme,
    pale: texts.filter((one) => one.getClientRects().length && contrast(one, view) < 4.5)
      .map((one) => one.outerHTML.slice(0, 100)),
    broken: images.filter((one) => one.loading !== "lazy" && !(one.complete && one.naturalWidth))
      .map((one) => one.src),
  });
};
const next = () => {
  if (!pages.length) {
    const meta = document.createElement("meta");
    meta.id = "found";
    meta.content = JSON.stringify(found);
    document.head.append(meta);
    return;
  }
  const page = pages.shift();
  frame.onload = () => setTimeout(() => { measure(page); next(); }, 100);
  frame.src = page;
};
next();
</script></body></html>
"""
SAMPLE = (
    "index.html", "constraints.html", "how_to/from_keras.html", "models/eegnet.html",
    "models/index.html", "weights.html", "api/eegzoo.layers.html", "commands/train.html",
    "api/reference/eegzoo.layers.ConstrainedConv1d.html", "auto_examples/index.html",
    "auto_examples/plot_first_classifier.html", "glossary.html", "about/benchmarks.html",
)  # fmt: skip


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture(scope="module")
def server(built_site):
    folder, _ = built_site
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()


def chromium(address, folder, *arguments):
    return subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={folder / 'profile'}", "--window-size=1280,900",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--enable-logging=stderr", "--virtual-time-budget=600000", "--dump-dom",
            *arguments, address,
        ],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


def visit(server, tmp_path, pages, width, mode="light"):
    """Return what pages look like in a frame of a width, and the errors on the console."""
    folder, address = server
    text = VISIT.replace("WIDTH", str(width)).replace("MODE", mode)
    name = f"visit-{width}-{mode}.html"
    (folder / name).write_text(text.replace("PAGES", json.dumps(list(pages))), encoding="utf-8")
    try:
        done = chromium(f"{address}/{name}", tmp_path)
    finally:
        (folder / name).unlink()
    (content,) = re.findall(r'<meta id="found" content="([^"]*)"', done.stdout) or [None]
    assert content is not None, done.stderr[-2000:]
    # The theme writes what it does to the console.
    console = [
        line for line in done.stderr.splitlines() if "CONSOLE" in line and '"[PST]: ' not in line
    ]
    return json.loads(html.unescape(content)), console


def test_search_finds_the_layer(server, tmp_path):
    _, address = server
    done = chromium(f"{address}/search.html?q=ConstrainedConv1d", tmp_path)
    results = re.search(r'<ul[^>]* class="search".*?</ul>', done.stdout, re.DOTALL)
    assert results is not None, done.stdout[-2000:]
    first = re.search('href="([^"]*)"', results[0])[1]
    assert first == "api/reference/eegzoo.layers.ConstrainedConv1d.html"


def test_every_page_loads_and_fits_a_telephone(server, tmp_path):
    folder, _ = server
    pages = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.html")
        if not {"_static", "_modules"} & set(path.parts) and not path.name.startswith("visit-")
    )
    found, console = visit(server, tmp_path, pages, 400)
    assert console == []
    assert [one["page"] for one in found] == pages
    assert {one["inner"] for one in found} == {400}
    assert {one["page"]: one["width"] for one in found if one["width"] > 400} == {}
    assert {one["page"]: one["broken"] for one in found if one["broken"]} == {}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(server, tmp_path, mode):
    found, console = visit(server, tmp_path, SAMPLE, 1280, mode)
    assert console == []
    assert {one["theme"] for one in found} == {mode}
    assert {one["page"]: one["pale"] for one in found if one["pale"]} == {}
