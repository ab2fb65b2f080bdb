"""The examples of the README and the guide that need weights and recordings."""

import re
from pathlib import Path

import edfio
import numpy as np
import pytest

from tests.shared_data import MNE_DATA, SHARED, needs

DREAMS = SHARED / "data" / "dreams_spindles" / "dreams_excerpts.npz"
ROOT = Path(__file__).parents[1]


@needs(MNE_DATA)
@needs(SHARED / "weights")
def test_first_example_classifies_a_new_person(monkeypatch, capsys):
    monkeypatch.setenv("MNE_DATA", str(MNE_DATA))
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(SHARED / "weights"))
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(from eegzoo import find_weights.*?)```", text, re.DOTALL)
    exec(code[1], {})
    promised = re.search(r"fist: ([\d.]+)", code[1])[1]
    assert float(capsys.readouterr().out) == pytest.approx(float(promised), abs=5e-4)


@needs(DREAMS)
@needs(SHARED / "weights")
def test_night_becomes_a_hypnogram(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(SHARED / "weights"))
    monkeypatch.chdir(tmp_path)
    with np.load(DREAMS) as arrays:
        data = float(arrays["scale_uv"]) * arrays["eeg_2"][: 600 * 200]
    signal = edfio.EdfSignal(data, 200, label="EEG C4-A1", physical_dimension="uV")
    edfio.Edf([signal]).write("night.edf")
    text = (ROOT / "docs/sleep.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(from eegzoo.data import read_recording.*?)```", text, re.DOTALL)
    exec(code[1], {})
    assert "('C4-M1',) 10.0" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {"night.edf", "night.csv", "night.png"}


def test_readme_is_short_and_shows_a_picture():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    paths = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert any(path.endswith(".png") for path in paths)
    assert "$ make test " in text
