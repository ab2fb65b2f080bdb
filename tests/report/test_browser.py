"""The page in headless Chromium: no error, no picture of size zero, no text cut off."""

import html
import json
import re
import shutil
import subprocess

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian's package chromium)"),
]
# What the page looks like, as a message to the page around it.
MEASURE = """
<script>
addEventListener("load", () => {
const parts = (selector) => [...document.querySelectorAll(selector)];
const scrolls = (element) => element.closest(".scroll, pre") !== null;
const found = {
  inner: window.innerWidth,
  width: document.documentElement.scrollWidth,
  images: parts("img").map((image) => ({
    loaded: image.complete && image.naturalWidth > 0,
    width: image.getBoundingClientRect().width,
    height: image.getBoundingClientRect().height,
    ratio: image.naturalWidth / image.naturalHeight,
    right: scrolls(image) ? 0 : image.getBoundingClientRect().right,
  })),
  cut: parts("h1, h2, h3, p, dt, dd, figcaption, caption, li, summary, footer, th, td")
    .filter((element) => element.getClientRects().length)
    .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
    .filter((element) => !["inline", "contents"].includes(getComputedStyle(element).display))
    .map((element) => element.tagName + ": " + element.textContent.slice(0, 60)),
  outside: parts("h1, h2, h3, p, dt, dd, figcaption, li, summary, footer, a")
    .filter((element) => element.getBoundingClientRect().right > window.innerWidth + 1)
    .map((element) => element.tagName + ": " + element.textContent.slice(0, 60)),
};
parent.postMessage(JSON.stringify(found), "*");
});
</script>
"""
# Chromium's windows are at least 500 pixels wide, frames are not.
FRAME = """<!DOCTYPE html><html><head></head><body style="margin: 0">
<script>
addEventListener("message", (event) => {
  const found = document.createElement("meta");
  found.id = "measured";
  found.content = event.data;
  document.head.append(found);
});
</script>
<iframe src="measured.html" style="width: WIDTHpx; height: 900px; border: 0"></iframe>
</body></html>
"""


def chromium(page, width, folder, *arguments):
    return subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={folder / 'profile'}", f"--window-size={width},900",
            "--enable-logging=stderr", "--virtual-time-budget=10000", *arguments, page.as_uri(),
        ],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 400])
def test_pictures_and_texts_fit_the_page(hostile_report, tmp_path, width):
    text = hostile_report.read_text(encoding="utf-8")
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    measured = text.replace("</body>", MEASURE + "</body>")
    (tmp_path / "measured.html").write_text(measured, encoding="utf-8")
    page = tmp_path / "frame.html"
    page.write_text(FRAME.replace("WIDTH", str(width)), encoding="utf-8")
    done = chromium(page, width, tmp_path, "--dump-dom")
    (content,) = re.findall(r'<meta id="measured" content="([^"]*)"', done.stdout)
    found = json.loads(html.unescape(content))
    assert found["inner"] == width
    assert found["width"] <= width
    assert len(found["images"]) >= 12
    for image in found["images"]:
        assert image["loaded"]
        assert image["width"] > 200
        assert image["width"] / image["height"] == pytest.approx(image["ratio"], rel=0.03)
        assert image["right"] <= width
    assert found["cut"] == []
    assert found["outside"] == []


@pytest.mark.slow
def test_the_page_itself_reports_no_error_and_runs_nothing(hostile_report, tmp_path):
    done = chromium(hostile_report, 1280, tmp_path, "--dump-dom")
    assert "CONSOLE" not in done.stderr
    assert "<title>eegnet: report</title>" in done.stdout  # no name has become a script
