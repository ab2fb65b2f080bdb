"""The table of runtimes: rows that are kept, and tables of one row for each model."""

import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
ROWS = [
    ("a", "1 x 9", "eager", "2", "500", "7", "-"),
    ("a", "1 x 9", "optimized", "1", "900", "-", "1e-07"),
    ("b", "3 x 9", "eager", "4", "250", "-", "-"),
    ("b", "3 x 9", "braindecode", "8", "100", "-", "-"),
]


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("bench_runtimes")


def test_a_wide_table_has_a_row_for_each_model(bench):
    assert bench.wide(ROWS, "ms a window") == [
        ["model", "window", "eager", "optimized", "braindecode"],
        ["---"] * 5,
        ["a", "1 x 9", "2", "1", "-"],
        ["b", "3 x 9", "4", "-", "8"],
    ]


def test_a_wide_table_leaves_out_runtimes_without_values(bench):
    assert bench.wide(ROWS, "MiB")[0] == ["model", "window", "eager"]
    assert bench.wide(ROWS, "difference")[0] == ["model", "window", "optimized"]


def test_rows_of_a_file_are_read_back_and_added_to(bench, tmp_path):
    path = tmp_path / "rows.csv"
    assert bench.read_rows(path) == bench.read_rows(None) == []
    bench.append_rows(path, ROWS[:2])
    bench.append_rows(path, ROWS[2:])
    bench.append_rows(None, ROWS)
    assert bench.read_rows(path) == ROWS


@pytest.mark.parametrize(("seconds", "rounds"), [(0.0, 3), (1000.0, 5)])
def test_fewer_rounds_are_timed_where_they_take_long(bench, seconds, rounds):
    calls = []
    found = bench.timed({"one": lambda: calls.append(1)}, 5, seconds, lambda: 0.0)
    assert len(found["one"]) == rounds
    assert len(calls) == 1 + rounds


def test_models_that_were_measured_are_not_measured_again(bench, tmp_path, monkeypatch, capsys):
    path = tmp_path / "rows.csv"
    measured = []
    monkeypatch.setattr(
        bench, "rows_of", lambda name, _: measured.append(name) or [(name, *ROWS[0][1:])]
    )
    monkeypatch.setattr(bench.torch, "set_num_threads", lambda _: None)
    monkeypatch.setattr(bench, "stub_missing_packages", lambda: None)
    monkeypatch.setattr(bench, "versions", lambda *_: "")
    for models in (["eegnet"], ["eegnet", "atcnet"]):
        monkeypatch.setattr(
            sys, "argv", ["bench_runtimes.py", "--csv", str(path), "--models", *models]
        )
        bench.main()
    assert measured == ["eegnet", "atcnet"]
    assert "| atcnet | 1 x 9 | 2 |" in capsys.readouterr().out
