"""`eegzoo doctor` shows what a bug report needs, and finds what is wrong with an installation."""

import copy
import getpass
import json
import platform
import shutil
from pathlib import Path

import pytest
import torch
from packaging.requirements import Requirement

from eegzoo.cli import doctor_environment, doctor_files
from eegzoo.cli.doctor_problems import problems
from eegzoo.weights import catalogue
from tests.cli.test_cli import eegzoo

SOUND = {
    "packages": {"torch": "2.13.0+cpu", "mne": "1.13.2"},
    "extras": {"onnx": {"onnx": "1.23.2", "onnxruntime": None}},
    "system": {"cores": 4},
    "computation": {"thread_variables": {}, "torch_threads": 4},
    "folders": {"weights": {"folder": "~/.cache/eegzoo/weights", "writable": True}},
    "damaged_files": [],
}
REQUIRED = [Requirement("torch>=2.6"), Requirement("mne>=1.9")]
EXTRAS = {"onnx": [Requirement("onnx>=1.17"), Requirement("onnxruntime>=1.20")]}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Home folder of someone whose name must not be shown."""
    home = tmp_path / "jane.doe"
    home.mkdir()
    for name in ("HOME", "USERPROFILE", "_MNE_FAKE_HOME_DIR"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    for name in ("EEGZOO_WEIGHTS", "MNE_DATA", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    return home


def wrong(**changes):
    facts = copy.deepcopy(SOUND)
    for key, values in changes.items():
        facts[key] = {**facts[key], **values} if isinstance(values, dict) else values
    return problems(facts, REQUIRED, EXTRAS)


def test_sound_installation_has_no_problem():
    assert wrong() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"packages": {"torch": "2.5.1"}}, "torch 2.5.1 does not suit: pip install 'torch>=2.6'"),
        ({"packages": {"mne": None}}, "mne is missing: pip install 'mne>=1.9'"),
        ({"extras": {"onnx": {"onnx": "1.10", "onnxruntime": None}}},
         "onnx 1.10 does not suit the extra onnx: pip install 'onnx>=1.17'"),
        ({"packages": {"torchaudio": "2.11.0"}}, "pip uninstall torchaudio"),
        ({"computation": {"torch_error": "OSError: libtorch.so"}}, "torch cannot be imported"),
        ({"computation": {"thread_variables": {"OMP_NUM_THREADS": "16"}}},
         "OMP_NUM_THREADS is 16, but this process has 4 cores: set it to 4"),
        ({"computation": {"thread_variables": {"MKL_NUM_THREADS": "x"}}}, "no number of threads"),
        ({"computation": {"torch_threads": 64}}, "torch uses 64 threads"),
        ({"folders": {"weights": {"folder": "~/x", "writable": False}}}, "set EEGZOO_WEIGHTS"),
        ({"damaged_files": ["a.h5 in the cache of weights is damaged: delete it"]}, "a.h5"),
    ],
)  # fmt: skip
def test_problem_is_named_with_its_remedy(changes, said):
    (found,) = wrong(**changes)
    assert said in found


@pytest.mark.parametrize("version", ["2.13.0", "2.13.0+cpu", "2.13.0+cu126"])
def test_torchaudio_of_the_same_release_is_no_problem(version):
    assert wrong(packages={"torchaudio": version}) == []


def test_report_names_no_person_machine_or_folder(home, tmp_path, monkeypatch):
    weights = tmp_path / "lab-of-jane"
    weights.mkdir()
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(weights))
    done = eegzoo("doctor", "--json", "doctor.json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    written = (tmp_path / "doctor.json").read_text()
    # A name such as "runner" or "root" can be part of another word, but not of a path.
    personal = (str(tmp_path), str(home), str(Path(torch.__file__).parent), "jane")
    for text in (done.stdout, done.stderr, written):
        assert not [name for name in personal if name in text]
        assert f"/{getpass.getuser()}" not in text
        assert len(platform.node()) < 5 or platform.node() not in text
    assert "a folder outside the home folder (set by EEGZOO_WEIGHTS)" in done.stdout
    assert "data: ~/mne_data" in done.stdout
    assert json.loads(written)["problems"] == []


def test_report_has_what_a_bug_report_needs(home, tmp_path):
    done = eegzoo("doctor", cwd=tmp_path)
    for word in ("eegzoo ", "CPython", "torch: ", "mne: ", "numpy: ", "scikit-learn: ", "skorch: ",
                 "cores", "threads: ", "vector instructions: ", "GPU: ", "extra onnx: ",
                 "weights: ~/", "nothing is wrong"):  # fmt: skip
        assert word in done.stdout


def test_extra_that_is_missing_comes_with_its_command(home, tmp_path, monkeypatch):
    version_of = doctor_environment.version_of
    monkeypatch.setattr(
        doctor_environment, "version_of", lambda name: None if name == "pyxdf" else version_of(name)
    )
    done = eegzoo("doctor", cwd=tmp_path)
    assert "extra xdf: pyxdf missing (pip install 'eegzoo[xdf]')" in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize("fault", ["damaged", "missing"])
def test_fault_of_shipped_weights_is_found(home, tmp_path, monkeypatch, fault):
    shipped = tmp_path / "shipped"
    shutil.copytree(catalogue.SHIPPED, shipped)
    monkeypatch.setattr(catalogue, "SHIPPED", shipped)
    path = shipped / "eegnet.eegmat.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.unlink() if fault == "missing" else path.write_bytes(content)
    done = eegzoo("doctor", cwd=tmp_path)
    assert done.returncode == 1
    assert f"eegnet.eegmat.safetensors, which is part of the package, is {fault}" in done.stdout


def test_damaged_file_in_the_cache_is_found(home, tmp_path):
    cache = home / ".cache" / "eegzoo" / "weights"
    cache.mkdir(parents=True)
    file = catalogue._AUTHORS["eegsym.mi_8"].file
    (cache / file).write_bytes(b"half a download")
    done = eegzoo("doctor", cwd=tmp_path)
    assert done.returncode == 1
    assert f"{file} in the cache of weights is damaged: delete it" in done.stdout
    assert "weights: ~/.cache/eegzoo/weights, 1 files, 0.0 MB" in done.stdout


def test_threads_of_the_environment_are_judged(home, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4096")
    done = eegzoo("doctor", cwd=tmp_path)
    assert done.returncode == 1
    assert "OMP_NUM_THREADS is 4096" in done.stdout


def test_folder_that_cannot_be_written_to_is_found(tmp_path):
    file = tmp_path / "file"
    file.touch()
    assert doctor_files._writable(tmp_path / "new" / "folder")
    assert not doctor_files._writable(file / "folder")


def test_first_line_of_an_error_keeps_no_folder():
    text = "/home/jane/lib/libc10.so: undefined symbol: _ZN3\nin /home/jane"
    assert doctor_environment.without_paths(text) == "libc10.so: undefined symbol: _ZN3"
    assert doctor_environment.without_paths(r"C:\Users\jane\torch.dll lacks") == "torch.dll lacks"
