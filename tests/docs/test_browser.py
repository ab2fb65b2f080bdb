"""The site in headless Chromium: search, pictures, no console errors, narrow, light and dark.

One session of the browser visits all pages that are written by hand, and samples of the others.
"""

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
<iframe style="height: 900px; border: 0"></iframe>
<script>
const visits = VISITS;
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
const measure = ({page, width, mode}) => {
  const view = frame.contentWindow, text = frame.contentDocument;
  const kinds = ["h1", "p", "li", "a", "td", "code"].map((kind) => `article ${kind}`);
  const texts = width > 400 ? [...text.querySelectorAll(kinds.join(", "))] : [];
  const images = [...text.querySelectorAll("img")];
  found.push({
    page, width, mode,
    inner: view.innerWidth,
    needed: text.documentElement.scrollWidth,
    theme: text.documentElement.dataset.theme,
    pale: texts.filter((one) => one.getClientRects().length && contrast(one, view) < 4.5)
      .map((one) => one.outerHTML.slice(0, 100)),
    images: images.length,
    broken: images.filter((one) => !(one.complete && one.naturalWidth)).map((one) => one.src),
    silent: images.filter((one) => !one.alt.trim()).map((one) => one.src),
    result: text.querySelector("ul.search a")?.getAttribute("href"),
  });
};
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const loaded = async () => {
  const images = [...frame.contentDocument.querySelectorAll("img")];
  images.forEach((one) => { one.loading = "eager"; });
  const isSearch = frame.contentWindow.location.search;
  // Chromium's virtual time waits for what is fetched, but not for a promise of an image.
  for (let n = 0; n < 100; n++) {
    const isFound = !isSearch || frame.contentDocument.querySelector("ul.search a");
    if (isFound && images.every((one) => one.complete)) break;
    await sleep(100);
  }
};
const run = async () => {
  for (const visit of visits) {
    localStorage.setItem("mode", visit.mode);
    localStorage.setItem("theme", visit.mode);
    frame.style.width = `${visit.width}px`;
    await new Promise((done) => { frame.onload = done; frame.src = visit.page; });
    await loaded();
    await sleep(100);
    measure(visit);
  }
  const meta = document.createElement("meta");
  meta.id = "found";
  meta.content = JSON.stringify(found);
  document.head.append(meta);
};
run().catch((error) => console.error(error.stack));
</script></body></html>
"""
SAMPLE = (
    "index.html", "constraints.html", "how_to/from_keras.html", "models/eegnet.html",
    "models/index.html", "weights.html", "api/eegzoo.layers.html", "commands/train.html",
    "api/reference/eegzoo.layers.ConstrainedConv1d.html", "auto_examples/index.html",
    "auto_examples/plot_first_classifier.html", "glossary.html", "about/benchmarks.html",
)  # fmt: skip
SEARCH = "search.html?q=ConstrainedConv1d"
# Pages of these folders come from one template each; test_site.py looks at all of them.
TEMPLATES = ("models", "commands", "api/reference")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        """Say nothing."""


def chosen(folder):
    """Return the pages to visit: of each template the largest and the one of the longest word."""
    every = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.html")
        if not {"_static", "_modules"} & set(path.parts)
    )
    pages = [page for page in every if page.rpartition("/")[0] not in TEMPLATES]
    for template in TEMPLATES:
        texts = {
            page: re.sub("<[^>]*>", " ", article_of((folder / page).read_text(encoding="utf-8")))
            for page in every
            if page.rpartition("/")[0] == template
        }
        longest = {page: max(map(len, text.split())) for page, text in texts.items()}
        pages += {max(texts, key=lambda page: len(texts[page])), max(longest, key=longest.get)}
    return sorted({*pages, *SAMPLE})


def article_of(text):
    return text[text.index("<article") : text.index("</article>")]


@pytest.fixture(scope="module")
def visited(built_site, tmp_path_factory):
    """Return what each page looks like in one session of the browser, and its console."""
    folder, _ = built_site
    visits = [{"page": page, "width": 400, "mode": "light"} for page in chosen(folder)]
    visits += [
        {"page": page, "width": 1280, "mode": mode} for mode in ("light", "dark") for page in SAMPLE
    ]
    visits.append({"page": SEARCH, "width": 1280, "mode": "light"})
    handler = functools.partial(Quiet, directory=folder)
    visit = folder / "_static" / "visit.html"
    text = VISIT.replace("VISITS", json.dumps([{**v, "page": f"../{v['page']}"} for v in visits]))
    visit.write_text(text, encoding="utf-8")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{serving.server_port}/_static/visit.html"
        try:
            done = chromium(address, tmp_path_factory.mktemp("browser"))
        finally:
            visit.unlink()
            serving.shutdown()
    (content,) = re.findall(r'<meta id="found" content="([^"]*)"', done.stdout) or [None]
    assert content is not None, done.stderr[-2000:]
    # The theme writes what it does to the console.
    console = [
        line for line in done.stderr.splitlines() if "CONSOLE" in line and '"[PST]: ' not in line
    ]
    found = json.loads(html.unescape(content))
    assert len(found) == len(visits)
    return [{**one, "page": one["page"].removeprefix("../")} for one in found], console


def chromium(address, folder):
    return subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={folder / 'profile'}", "--window-size=1280,900",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--enable-logging=stderr", "--virtual-time-budget=600000", "--dump-dom", address,
        ],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


def test_no_page_writes_an_error_to_the_console(visited):
    assert visited[1] == []


def test_every_picture_is_there_and_has_an_alternative_text(visited):
    found, _ = visited
    assert sum(one["images"] for one in found) > 50
    for fault in ("broken", "silent"):
        assert {one["page"]: one[fault] for one in found if one[fault]} == {}


def test_pages_fit_a_telephone(visited):
    narrow = [one for one in visited[0] if one["width"] == 400]
    assert {one["inner"] for one in narrow} == {400}
    assert {one["page"]: one["needed"] for one in narrow if one["needed"] > 400} == {}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(visited, mode):
    wide = [one for one in visited[0] if one["width"] > 400 and one["mode"] == mode]
    assert {one["page"] for one in wide} >= set(SAMPLE)
    assert {one["theme"] for one in wide} == {mode}
    assert {one["page"]: one["pale"] for one in wide if one["pale"]} == {}


def test_search_finds_the_layer(visited):
    (search,) = (one for one in visited[0] if one["page"] == SEARCH)
    assert search["result"] == "api/reference/eegzoo.layers.ConstrainedConv1d.html"
