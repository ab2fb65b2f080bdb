"""The table of the models, and the certificate that they are their authors'."""

import dataclasses
import re
from pathlib import Path

import pytest

from eegzoo.cli.list import HEADER, as_markdown, row_of
from eegzoo.models import list_models, references
from eegzoo.models.facts import milliseconds, model_facts
from tests.cli.test_cli import eegzoo

README = Path(__file__).parents[2] / "README.md"


def test_facts_are_those_of_the_standard_size():
    facts = model_facts("eegnet")
    # Folded into one convolution with 16 kernels of 64 x 64 over 128 samples, in evaluation.
    front = 16 * 64 * 64 * 128
    separable = 16 * 16 * 32 + 16 * 16 * 32
    spatial = 8 * 2 * 64 * 64  # folding
    head = 64 * 4
    assert facts.n_params == 2388
    assert facts.n_macs <= front + separable + spatial + head
    assert facts.n_macs >= separable + head


@pytest.mark.slow
def test_the_table_in_the_readme_is_that_of_the_registry():
    """Run ``eegzoo list --time --markdown`` when it is not; times are the machine's own."""
    written = {}
    for line in README.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\| `(\w+)` \| (.*) \|$", line):
            written[match[1]] = [cell.strip() for cell in match[2].split("|")]
    for name in list_models():
        _, *cells = row_of(model_facts(name))
        assert name in written, f"{name} is not in README.md"
        row = written[name]
        assert row[:4] + row[5:] == cells
        assert float(row[4]) > 0
    assert written.keys() == set(list_models())


def test_list_shows_each_model_with_paper_parameters_and_source(tmp_path):
    done = eegzoo("list", "tiny*", "--markdown", cwd=tmp_path)
    header, _, row = done.stdout.strip().splitlines()
    assert header == f"| {' | '.join(HEADER)} |"
    assert row.startswith("| `tinysleepnet` | sleep | Supratak and Guo 2020 | 1,516,293 |")
    assert "70f45cf" in row
    assert "tinysleepnet" in eegzoo("list", "tiny*", cwd=tmp_path).stdout


def test_list_measures_time_when_asked(tmp_path):
    done = eegzoo("list", "eegnet_4_2", "--time", "--markdown", cwd=tmp_path)
    cells = done.stdout.strip().splitlines()[-1].split("|")
    assert float(cells[6]) > 0
    assert milliseconds("eegnet_4_2", n_runs=3) > 0


def test_markdown_has_a_row_for_each():
    assert as_markdown(["a", "b"], [["x", "1"]]).splitlines() == [
        "| a | b |",
        "| --- | --- |",
        "| `x` | 1 |",
    ]


def test_verify_shows_that_a_model_is_its_reference(tmp_path):
    done = eegzoo("verify", "deep_convnet", "eegnet_4_2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("equal") == 2
    assert "4a512e5" in done.stdout


def test_verify_ends_with_1_on_a_model_that_is_not(tmp_path, monkeypatch):
    reference = references.find_reference("deep_convnet")
    changed = dataclasses.replace(
        reference, arguments={**reference.arguments, "pool_stride": 2, "max_norm": 1.0}
    )
    monkeypatch.setattr(references, "find_reference", lambda name: changed)
    done = eegzoo("verify", "deep_convnet", cwd=tmp_path)
    assert done.returncode == 1
    assert "differ" in done.stdout


def test_verify_names_an_unknown_model_and_device(tmp_path):
    done = eegzoo("verify", "egnet", cwd=tmp_path)
    assert (done.returncode, "did you mean 'eegnet'" in done.stderr) == (2, True)
