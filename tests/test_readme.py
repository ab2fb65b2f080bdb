"""The first example of the README, which needs weights and recordings and is no doctest."""

import re
from pathlib import Path

import pytest

from tests.shared_data import MNE_DATA, SHARED, needs

README = Path(__file__).parents[1] / "README.md"


@needs(MNE_DATA)
@needs(SHARED / "weights")
def test_first_example_classifies_a_new_person(monkeypatch, capsys):
    monkeypatch.setenv("MNE_DATA", str(MNE_DATA))
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(SHARED / "weights"))
    text = README.read_text(encoding="utf-8")
    code = re.search(r"```python\n(from eegzoo import find_weights.*?)```", text, re.DOTALL)
    exec(code[1], {})
    promised = re.search(r"fist: ([\d.]+)", code[1])[1]
    assert float(capsys.readouterr().out) == pytest.approx(float(promised), abs=5e-4)
