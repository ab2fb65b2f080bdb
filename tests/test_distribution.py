"""The sdist and the wheel are built without a network, complete, and work where installed."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import eegzoo

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "eegzoo"
pytestmark = pytest.mark.slow


def run(*arguments, cwd, **environment):
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
        timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    """Return the unpacked sdist of this working copy."""
    folder = tmp_path_factory.mktemp("sdist")
    run("-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def wheel(sdist, tmp_path_factory):
    """Return the wheel that is built from the sdist."""
    folder = tmp_path_factory.mktemp("wheel")
    run("-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=sdist)
    (path,) = folder.glob("*.whl")
    return path


def package_files():
    kinds = (".py", ".pyi", ".json", ".npz", ".safetensors", ".html", ".mplstyle", ".typed")
    return {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.suffix in kinds or path.name in ("SHA256SUMS", "py.typed")
    }


def test_sdist_has_what_make_test_and_make_docs_need(sdist):
    files = {path.relative_to(sdist).as_posix() for path in sdist.rglob("*") if path.is_file()}
    assert package_files() <= files
    for name in ("Makefile", "constraints.txt", "conftest.py", "docs/conf.py", "README.md"):
        assert name in files
    assert any(name.startswith("tests/reference/make_") for name in files)
    assert any(name.startswith("examples/plot_") for name in files)
    generated = ("docs/_build/", "docs/models/", "docs/api/", "docs/auto_examples/", ".venv/")
    assert [name for name in files if name.startswith(generated)] == []


def test_wheel_has_the_package_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as file:
        files = {name for name in file.namelist() if ".dist-info/" not in name}
        (metadata,) = [name for name in file.namelist() if name.endswith("/METADATA")]
        text = file.read(metadata).decode()
    assert files == package_files()
    assert "eegzoo/py.typed" in files
    assert "eegzoo/layers/__init__.pyi" in files
    assert any(name.endswith("eegnet.eegmat.safetensors") for name in files)
    assert "Provides-Extra: docs" in text


def test_wheel_works_where_it_is_installed(wheel, tmp_path):
    target = tmp_path / "site"
    pip = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index")
    run(*pip, "--no-deps", "--target", target, wheel, cwd=tmp_path)
    code = (
        "import eegzoo, torch; print(eegzoo.__file__, eegzoo.__version__); "
        "model = eegzoo.create_model('eegnet.eegmat', weights=True); "
        "print(tuple(model(torch.zeros(2, model.n_chans, model.n_times)).shape))"
    )
    place, version, *shape = run("-c", code, cwd=tmp_path, PYTHONPATH=str(target)).split()
    assert Path(place).is_relative_to(target)
    assert version == eegzoo.__version__
    assert " ".join(shape) == "(2, 2)"
    shown = run(
        "-m", "eegzoo", "list", "eegnet", "--markdown", cwd=tmp_path, PYTHONPATH=str(target)
    )
    assert "2,388" in shown
