"""The site, built once for all tests from a copy of the sources, without running the examples."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).parents[2]
SOURCES = (
    "docs", "examples", "benchmarks", "recipes", "findings", "tests/reference", "README.md",
    "CONTRIBUTING.md", "CHANGELOG.md",
)  # fmt: skip
# Folders of the working copy that hold what a build has written there.
GENERATED = shutil.ignore_patterns(
    "_build", "about", "api", "auto_examples", "commands", "generated", "models", "weights.md",
    "__pycache__",
)  # fmt: skip


@pytest.fixture(scope="session")
def built_site(tmp_path_factory, request):
    """Return the folder of the built pages, and what Sphinx wrote to its output."""
    # With pytest-xdist, the workers' folders lie beside each other, and one of them builds.
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base
    with FileLock(shared / "site.lock"):
        if not (shared / "site.log").exists():
            done = build(shared / "site")
            (shared / "site.log").write_text(f"{done.returncode}\n{done.stdout}{done.stderr}")
    return shared / "site/docs/_build/html", (shared / "site.log").read_text(encoding="utf-8")


def build(folder):
    """Copy the sources into a folder and build them with warnings as errors."""
    for name in SOURCES:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=GENERATED)
        else:
            shutil.copyfile(ROOT / name, target)
    (folder / "eegzoo").symlink_to(ROOT / "eegzoo")
    # A proxy that refuses connections shows that nothing is fetched.
    proxies = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    return subprocess.run(
        [
            sys.executable, "-m", "sphinx", "-M", "html", "docs", "docs/_build", "-n", "-W",
            "--keep-going", "-D", "plot_gallery=0",
        ],
        cwd=folder, env={**os.environ, **proxies, "PYTHONPATH": str(folder)},
        capture_output=True, text=True, check=False, timeout=1200,
    )  # fmt: skip
