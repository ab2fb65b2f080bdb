"""The page examples/browser in headless Chromium: its probabilities are those of Python."""

from __future__ import annotations

import functools
import http.server
import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eegzoo.cli.export import export
from eegzoo.data import Epoch, Filter, Preprocessing, Reference
from eegzoo.online import OnnxStreamingClassifier
from eegzoo.training import EEGClassifier
from tests.online.running import push_all, recording, trained

for _package in ("onnx", "onnxscript", "onnxruntime"):
    pytest.importorskip(_package)

PAGE = Path(__file__).resolve().parents[2] / "examples" / "browser"
RUNTIME = "onnxruntime-web@1.30.0"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian's package chromium)"),
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm"),
    pytest.mark.skipif(not PAGE.is_dir(), reason="needs the folder examples"),
]
# What the page finds is sent to the server of the test.
REPORT = """<script>
const send = (kind) => (event) =>
  fetch("/result", { method: "POST", body: JSON.stringify([kind, event.detail ?? event.message]) });
document.addEventListener("finished", send("finished"));
document.addEventListener("failed", send("failed"));
addEventListener("error", send("error"));
if (!location.search.includes("speed=max")) {
  setTimeout(() => {
    const canvas = document.querySelector("#picture");
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    const colours = new Set();
    for (let place = 0; place < pixels.length; place += 4) {
      colours.add(pixels.slice(place, place + 3).join());
    }
    send("live")({ detail: {
      text: document.querySelector("#decision").textContent, colours: [...colours].slice(0, 5000),
    } });
  }, 7000);
}
</script>"""


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Server of a folder, which puts what is posted into a queue."""

    results: queue.Queue[Any]
    extensions_map = {  # noqa: RUF012
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm",
    }  # fmt: skip

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.results.put(json.loads(content))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the page with onnxruntime-web, which npm installs."""
    folder = tmp_path_factory.mktemp("browser")
    try:
        done = subprocess.run(
            ["npm", "install", "--prefix", folder / "npm", "--no-audit", "--no-fund",
             "--ignore-scripts", RUNTIME],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm does not install {RUNTIME} within two minutes")
    if done.returncode:
        pytest.skip(f"npm cannot install {RUNTIME}: {done.stderr[-200:]}")
    page = folder / "page"
    shutil.copytree(PAGE, page)
    shutil.rmtree(page / "onnxruntime", ignore_errors=True)
    dist = folder / "npm" / "node_modules" / "onnxruntime-web" / "dist"
    (page / "onnxruntime").mkdir()
    for path in [*dist.glob("ort.wasm.min.mjs"), *dist.glob("ort-wasm-simd-threaded.*")]:
        if path.name.count(".") == 1 or path.name.startswith("ort.wasm"):
            shutil.copy(path, page / "onnxruntime")
    text = (page / "index.html").read_text(encoding="utf-8")
    (page / "tested.html").write_text(text.replace("</body>", REPORT + "</body>"), encoding="utf-8")
    return page


@pytest.fixture
def visit(folder: Path, tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """Return a function that opens an address of the page, and returns what it reports."""
    results: queue.Queue[Any] = queue.Queue()
    handler = type("Handler", (_Handler,), {"results": results})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browsers = []

    def opened(query: str) -> Any:
        command = [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1000,800",
            f"--user-data-dir={tmp_path / 'profile'}", "--remote-debugging-port=0",
            f"http://127.0.0.1:{server.server_port}/tested.html{query}",
        ]  # fmt: skip
        browsers.append(
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )
        return results.get(timeout=120)

    yield opened
    for browser in browsers:
        browser.terminate()
        browser.wait(timeout=30)
    server.shutdown()
    server.server_close()


def _save(folder: Path, name: str, steps: Any) -> Path:
    preprocessing = Preprocessing(steps)
    classifier = EEGClassifier("eegnet", max_epochs=2, check_signal="ignore", random_state=0)
    classifier.fit(preprocessing.epochs(recording()))
    classifier.save(folder / f"{name}.safetensors", preprocessing)
    export(str(folder / f"{name}.safetensors"), folder / f"{name}.onnx", stream=True)
    return folder / f"{name}.onnx"


WINDOW = Epoch(0.0, seconds=2.0)


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("forward", [Reference(), Filter(4.0, 38.0, "forward"), WINDOW]),
        ("fir", [Filter(4.0, 38.0), WINDOW]),
    ],
)
def test_probabilities_in_the_browser_are_those_of_python(
    folder: Path, visit: Callable[[str], Any], name: str, steps: Any
) -> None:
    path = _save(folder, name, steps)
    raw = recording().copy().crop(0, 20)
    data = raw.get_data()
    data[2, 1500] = np.nan
    rows = np.where(np.isfinite(data), data, None).tolist()
    told = {"sfreq": raw.info["sfreq"], "ch_names": raw.ch_names, "data": rows}
    (folder / "signal.json").write_text(json.dumps(told))
    kind, found = visit(f"?model={path.name}&signal=signal.json&speed=max")
    assert kind == "finished", found
    stream = OnnxStreamingClassifier(path, ch_names=raw.ch_names, sfreq=128.0)
    expected = push_all(stream, data, ())
    assert len(found) == len(expected) > 60
    for one, other in zip(found, expected, strict=True):
        assert one["time"] == pytest.approx(other.time)
        assert one["label"] == other.label
        if not other.is_abstention:
            np.testing.assert_allclose(one["probabilities"], other.probabilities, atol=1e-4)
    reasons = {each["reason"] for each in found}
    assert reasons == {None, "the filters have not settled yet", "a sample is not a finite number"}
    assert sum(each["reason"] is None for each in found) > 20


def test_simulated_person_is_classified_and_drawn_live(
    folder: Path, visit: Callable[[str], Any]
) -> None:
    classifier, preprocessing = trained("forward")
    classifier.save(folder / "model.safetensors", preprocessing)
    export(str(folder / "model.safetensors"), folder / "model.onnx", stream=True)
    kind, found = visit("")
    assert kind == "live", found
    label, _, share = found["text"].partition(" (")
    assert label in ("left_hand", "right_hand")
    assert 0.5 <= float(share.rstrip(")")) <= 1
    assert {"31,111,180", "201,84,10", "51,51,51"} <= set(found["colours"])


def test_files_of_two_exports_are_refused(folder: Path, visit: Callable[[str], Any]) -> None:
    path = _save(folder, "changed", [Filter(4.0, 38.0, "forward"), WINDOW])
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    kind, message = visit("?model=changed.onnx&speed=max")
    assert kind == "failed"
    assert "of one export, got those of two" in message


def test_steps_that_the_page_does_not_know_are_refused(
    folder: Path, visit: Callable[[str], Any]
) -> None:
    path = _save(folder, "forward_again", [Filter(4.0, 38.0, "forward"), WINDOW])
    described = json.loads(path.with_suffix(".json").read_text())
    described["stream"]["before_windows"]["operators"].append({"operator": "resample"})
    path.with_suffix(".json").write_text(json.dumps(described))
    kind, message = visit("?model=forward_again.onnx&speed=max")
    assert kind == "failed"
    assert "expected no resample step" in message
