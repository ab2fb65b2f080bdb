"""``eegzoo reproduce``."""

import importlib
import json

import pytest
from typer.testing import CliRunner

from eegzoo.cli import app
from eegzoo.reproduction.figures.score import Score

RUNNER = CliRunner()


def run(*arguments):
    return RUNNER.invoke(app, ["reproduce", *arguments], env={"COLUMNS": "200"})


def score(value):
    return Score("outputs", "difference", value, (value, value), "exact", 1)


@pytest.fixture
def measured(monkeypatch):
    """Function that lets certificates measure a difference of the outputs."""

    def measure(value):
        module = importlib.import_module("eegzoo.reproduction.reproduce")
        fake = {"verify": lambda recordings, run, model: [score(value)]}
        monkeypatch.setattr(module, "PROTOCOLS", {**module.PROTOCOLS, **fake})

    return measure


def test_list_shows_figures_and_what_was_run():
    text = run("--list").output
    for part in ("bench:eegmat", "paper:supratak2020-sleepedf20", "0.854", "not run here", "yes"):
        assert part in text


def test_list_as_json_has_protocol_data_and_licence():
    entries = {entry["name"]: entry for entry in json.loads(run("--list", "--json").output)}
    entry = entries["eegnet.eegmat"]
    assert entry["protocol"] == "leave_one_out"
    assert entry["data"]["licence"] == "ODC-By 1.0"
    assert entry["figures"][0]["ours"]["value"] == pytest.approx(0.6556, abs=1e-4)
    assert entries["eegnet.physionet_mi2"]["run_here"]
    assert not entries["paper:song2022-bci2a"]["run_here"]


def test_list_of_one_entry_describes_it():
    text = run("--list", "paper:supratak2020-sleepedf20").output
    for part in (
        "over_people(", "https://physionet.org/content/sleep-edfx/1.0.0", "ODC-By 1.0", "0.854",
        "seeds", "not run here",
    ):  # fmt: skip
        assert part in text


def test_kind_and_pattern_choose_entries():
    names = [
        entry["name"] for entry in json.loads(run("--list", "--json", "--kind", "paper").output)
    ]
    assert all(name.startswith("paper:") for name in names)
    found = json.loads(run("--list", "--json", "bench:new_person-ssvep*").output)
    assert len(found) == 3


def test_reproduced_figure_has_status_0_and_a_record(tmp_path, measured):
    measured(1e-7)
    out = tmp_path / "record.json"
    result = run("verify:eegnet", "--out", str(out))
    assert result.exit_code == 0
    assert "reproduced" in result.output
    assert "torch" in result.output
    (record,) = json.loads(out.read_text())["records"]
    assert record["entry"] == "verify:eegnet"
    assert record["comparisons"][0]["outcome"] == "reproduced"
    assert record["environment"]["versions"]["torch"]


def test_figure_outside_its_interval_has_status_1(measured):
    measured(0.5)
    result = run("verify:eegnet")
    assert result.exit_code == 1
    assert "outside" in result.output


def test_json_is_all_that_is_printed(measured):
    measured(0.0)
    (record,) = json.loads(run("verify:eegnet", "--json").stdout)
    assert record["scores"][0]["label"] == "outputs"


def test_missing_data_have_status_2_after_the_others_ran(tmp_path, measured):
    measured(0.0)
    result = run("bench:eegmat", "verify:eegnet", "--data-dir", str(tmp_path))
    assert result.exit_code == 2
    assert "https://physionet.org/content/eegmat/1.0.0 (licence: ODC-By 1.0)" in result.stderr
    assert "reproduced" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bench:eegmad"], "did you mean 'bench:eegmat'"),
        (["nothing*"], "no entry matches 'nothing\\*'"),
        ([], "expected the name of an entry, or --list"),
        (["--list", "--kind", "thesis"], "expected kind to be one of"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    result = run(*arguments)
    assert isinstance(result.exception, ValueError)
    with pytest.raises(ValueError, match=message):
        raise result.exception
