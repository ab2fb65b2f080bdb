"""The table of models, and the comparison with their reference implementations."""

import dataclasses
import re
from pathlib import Path

import pytest

import eegzoo as package
from eegzoo.cli.list import HEADER, as_markdown, row_of
from eegzoo.models import list_models, references
from eegzoo.models.facts import list_facts
from eegzoo.models.measured_facts import milliseconds
from tests.cli.test_cli import eegzoo

BENCHMARKS = Path(__file__).parents[2] / "benchmarks/README.md"


def test_the_table_of_models_is_current():
    """Run ``eegzoo list --time --markdown`` if it is not; the times depend on the machine."""
    written = {}
    for line in BENCHMARKS.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\| `(\w+)` \| (.*) \|$", line):
            written[match[1]] = [cell.strip() for cell in match[2].split("|")]
    for facts in list_facts():
        name, *cells = row_of(facts)
        assert name in written, f"{name} is not in benchmarks/README.md"
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


@pytest.mark.parametrize(("option", "weights"), [("--weights", True), ("--no-weights", False)])
@pytest.mark.parametrize("task", ["motor imagery", "sleep", "emotion"])
def test_list_selects_models_by_their_weights(tmp_path, option, weights, task):
    expected = package.list_models(task=task, weights=weights)
    done = eegzoo("list", option, "--task", task, "--markdown", cwd=tmp_path)
    assert re.findall(r"^\| `(\w+)`", done.stdout, re.MULTILINE) == expected
    if not expected:
        assert (done.returncode, "no model matches" in done.stderr) == (2, True)


def test_list_measures_time_on_request(tmp_path):
    done = eegzoo("list", "eegnet_4_2", "--time", "--markdown", cwd=tmp_path)
    cells = done.stdout.strip().splitlines()[-1].split("|")
    assert float(cells[6]) > 0
    assert milliseconds("eegnet_4_2", n_runs=3) > 0


def test_markdown_has_a_line_for_each_row():
    assert as_markdown(["a", "b"], [["x", "1"]]).splitlines() == [
        "| a | b |",
        "| --- | --- |",
        "| `x` | 1 |",
    ]


def test_verify_shows_that_models_equal_their_references(tmp_path):
    done = eegzoo("verify", "deep_convnet", "eegnet_4_2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("equal") == 2
    assert "4a512e5" in done.stdout


def test_verify_selects_a_device(tmp_path):
    done = eegzoo("verify", "eegnet_4_2", "--device", "auto", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("equal") == 1


def test_verify_exits_with_1_if_a_model_differs(tmp_path, monkeypatch):
    reference = references.find_reference("deep_convnet")
    changed = dataclasses.replace(
        reference, arguments={**reference.arguments, "pool_stride": 2, "max_norm": 1.0}
    )
    monkeypatch.setattr(references, "find_reference", lambda name: changed)
    done = eegzoo("verify", "deep_convnet", cwd=tmp_path)
    assert done.returncode == 1
    assert "differ" in done.stdout


def test_verify_proposes_a_model_for_an_unknown_name(tmp_path):
    done = eegzoo("verify", "egnet", cwd=tmp_path)
    assert (done.returncode, "did you mean 'eegnet'" in done.stderr) == (2, True)
