"""Regression on the command line: numbers from tables, their scores, and the saved regressor."""

import csv
import io
import json

import mne
import numpy as np
import pytest

from eegzoo.cli import scores
from eegzoo.cli.sources import load_windows
from eegzoo.data import Epoch, Preprocessing, simulate_motor_imagery
from eegzoo.data.reading.read_recording import read_recording
from eegzoo.report.result.number_scores import number_scores
from tests.cli.test_cli import eegzoo

NAMES = ("C3", "C4")
FAST = ("--cv", 2, "--max-epochs", 1, "--verbose", 0)
TABLE = ("--metadata", "table.csv", "--target", "rt")


def write(path, columns):
    separator = "\t" if path.suffix == ".tsv" else ","
    rows = zip(*columns.values(), strict=True)
    lines = [columns, *rows]
    path.write_text("".join(separator.join(map(str, line)) + "\n" for line in lines))


@pytest.fixture
def folder(tmp_path):
    """Folder with a recording of eight events, the third of them bad, and a table of numbers."""
    raw = simulate_motor_imagery(8, ch_names=NAMES, random_state=0)
    third = raw.annotations.onset[2]
    raw.annotations.append(third + 1.0, 0.5, "BAD_jump")
    raw.crop(1.0).save(tmp_path / "a_raw.fif", verbose="ERROR")  # with a first sample above 0
    write(tmp_path / "table.csv", {"trial": range(8), "rt": [f"{350 + 10 * n}" for n in range(8)]})
    return tmp_path


def onsets(folder):
    raw = read_recording(folder / "a_raw.fif")
    events = [text for text in raw.annotations if text["description"] != "BAD_jump"]
    return np.array([event["onset"] for event in events]) - raw.first_time


def targets(folder, table="table.csv", event_id=None):
    dataset = load_windows(
        Preprocessing([Epoch(0.0, 2.0)]), None, None, None, [folder / "a_raw.fif"], event_id,
        target="rt", metadata=[folder / table],
    )  # fmt: skip
    return dataset.groups("target").tolist()


# Tables.


def test_rows_belong_to_events_in_order(folder):
    assert targets(folder) == [350, 360, 380, 390, 400, 410, 420]  # without the bad third one


def test_rows_belong_to_events_by_their_onsets(folder):
    times = onsets(folder)
    columns = {
        "onset": [f"{time:.3f}" for time in times[::-1]] + ["0.5", "n/a"],
        "rt": [*range(7, -1, -1), 99, 98],
    }
    write(folder / "events.tsv", columns)
    assert targets(folder, "events.tsv") == [0, 1, 3, 4, 5, 6, 7]
    left = targets(folder, "events.tsv", ["left=left_hand"])
    assert 0 < len(left) < 7


@pytest.mark.parametrize("missing", ["", "n/a", "NaN", " "])
def test_windows_without_a_number_are_left_out_with_a_note(folder, capsys, missing):
    write(folder / "table.csv", {"rt": [1, 2, 3, missing, 5, 6, 7, 8], "x": range(8)})
    assert targets(folder) == [1, 2, 5, 6, 7, 8]
    assert "1 of 7 windows are left out, because they have no rt" in capsys.readouterr().err


def test_a_table_of_excel_has_a_byte_order_mark(folder):
    text = (folder / "table.csv").read_text()
    (folder / "table.csv").write_text(text.replace("trial,rt", "rt,x"), encoding="utf-8-sig")
    assert targets(folder)[0] == 0


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"rt": range(7)}, "expected a row for each of the 8 events in table.csv"),
        ({"RT": range(8)}, "unknown column 'rt' in table.csv; did you mean 'RT'?"),
        ({"rt": ["fast"] * 8}, "expected numbers in column 'rt' of table.csv, got 'fast' in row 1"),
        ({"rt": [*range(7), "inf"]}, "got 'inf' in row 8"),
        ({"rt": ["n/a"] * 8}, "expected numbers in column 'rt' for a_raw.fif/1/1, got none"),
        ({"rt": []}, "expected rows in table.csv, got only column names"),
        ({"onset": [0.1] * 8, "rt": range(8)}, "expected one row in table.csv for the event at"),
        ({"onset": ["a"] * 8, "rt": range(8)}, "expected numbers in column 'onset'"),
    ],
)
def test_a_table_that_does_not_fit_is_an_error_of_one_line(folder, columns, message):
    write(folder / "table.csv", columns)
    done = eegzoo("train", "--raw", "a_raw.fif", *TABLE, *FAST, cwd=folder)
    assert done.returncode == 2
    line = done.stderr.splitlines()[-1]
    assert line.startswith("eegzoo: error: ")
    assert message in line


def test_two_rows_for_an_event_are_an_error(folder):
    times = [*onsets(folder), onsets(folder)[0]]
    write(folder / "table.csv", {"onset": times, "rt": range(9)})
    with pytest.raises(ValueError, match=r"expected one row .* got several"):
        targets(folder)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--target", "rt"), "expected --target and --metadata together"),
        (("--metadata", "table.csv"), "expected --target and --metadata together"),
        (("--metadata", "absent.csv", "--target", "rt"), "no such file: absent.csv"),
        (("--metadata", "", "--target", "rt"), "no such file"),
        (("--metadata", "a_raw.fif", "--target", "rt"), "a_raw.fif cannot be read as a table"),
        ((*TABLE, *TABLE), "expected one --metadata for each of 1 recordings, got 2"),
        ((*TABLE, "--class-weight", "balanced"), "expected --class-weight without --target"),
        ((*TABLE, "--cv", "4"), "expected at least 8 windows for 4 folds, got 7"),
    ],
)
def test_wrong_options_are_an_error_of_one_line(folder, options, message):
    done = eegzoo("train", "--raw", "a_raw.fif", *FAST, *options, cwd=folder)
    assert done.returncode == 2
    line = done.stderr.splitlines()[-1]
    assert line.startswith("eegzoo: error: ")
    assert message in line


# Scores.


def test_scores_are_those_of_the_textbook():
    true, predicted = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.0, 3.0, 5.0])
    found = number_scores(true, predicted)
    assert found == pytest.approx(
        {"R2": 1 - 2 / 5, "mean absolute error": 0.5, "correlation": 6 / np.sqrt(5 * 8)}
    )
    assert scores.line(found) == "R2 0.600, mean absolute error 0.5, correlation 0.949"


@pytest.mark.parametrize(("true", "predicted"), [([0.1] * 3, [1, 2, 3]), ([1, 2, 3], [0.1] * 3)])
def test_undefined_scores_are_null_in_json(true, predicted):
    found = number_scores(np.array(true), np.array(predicted))
    assert np.isnan(found["correlation"])
    assert np.isnan(found["R2"]) == (true == [0.1] * 3)
    assert scores.as_json(found)["correlation"] is None


# Commands.


def test_train_evaluate_and_predict_with_a_regressor(folder):
    done = eegzoo(
        "train", "--raw", "a_raw.fif", *TABLE, *FAST, "--out", "model.safetensors",
        "--json", "train.json", cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for label, n_windows in (("fold 1", 4), ("fold 2", 3), ("all folds", 7)):
        for name in ("R2", "mean absolute error", "correlation"):
            (line,) = [
                line for line in lines if line.startswith(f"{label}: {name} ") and " on " in line
            ]
            assert f" on {n_windows} windows of 1 person, 95% interval over windows" in line
            assert "(permutation)" in line
    assert "epoch of each fold: 1 of 1, the last, without validation" in done.stdout
    assert "\nmean over 2 folds of windows: R2 " in done.stdout
    results = json.loads((folder / "train.json").read_text())
    errors = [fold["mean_absolute_error"] for fold in results["folds"]]
    assert results["mean"]["mean_absolute_error"] == pytest.approx(np.mean(errors))
    assert results["mean"].keys() == {"R2", "mean_absolute_error", "correlation"}
    assert (results["run"]["target"], results["run"]["metadata"]) == ("rt", ["table.csv"])
    assert "confusion" not in results

    done = eegzoo("predict", "model.safetensors", "a_raw.fif", "--events", "left_hand,right_hand",
                  cwd=folder)  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    predicted = np.array([float(row["prediction"]) for row in rows])
    true = np.array([350, 360, 380, 390, 400, 410, 420])

    done = eegzoo(
        "evaluate", "model.safetensors", "--raw", "a_raw.fif", *TABLE, "--json", "test.json",
        cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = json.loads((folder / "test.json").read_text())
    assert (results.pop("n_windows"), results.pop("model")) == (7, "model.safetensors")
    expected = scores.as_json(number_scores(true, predicted))
    statistics = results.pop("statistics")
    assert results.pop("epoch") == "1 of 1, the last, without validation"
    assert results.pop("align") is None
    assert statistics["R2"]["value"] == results["R2"]
    assert results == pytest.approx(expected, rel=1e-3)  # the table has six digits
    assert done.stdout.startswith(f"R2 {results['R2']:.3f} on 7 windows of 1 person, 95% interval")
    assert done.stdout.endswith("epoch: 1 of 1, the last, without validation\n")


def test_folds_keep_groups_together(folder):
    write(folder / "b.csv", {"rt": range(8)})
    read_recording(folder / "a_raw.fif").save(folder / "b_raw.fif", verbose="ERROR")
    raw = mne.io.read_raw(folder / "a_raw.fif", preload=True, verbose="ERROR")
    raw.apply_function(lambda x: x[::-1]).save(
        folder / "b_raw.fif", overwrite=True, verbose="ERROR"
    )
    recordings = ("--raw", "a_raw.fif", "--raw", "b_raw.fif")
    tables = ("--metadata", "table.csv", "--metadata", "b.csv", "--target", "rt")
    done = eegzoo("train", *recordings, *tables, *FAST, "--groups", "subject", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "mean over 2 folds of subjects: R2 " in done.stdout


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("evaluate regressor.safetensors", "got regressor.safetensors, a regressor"),
        (
            "evaluate classifier.safetensors --metadata t.csv --target rt",
            "got classifier.safetensors, a classifier",
        ),
        (
            "evaluate two_targets.safetensors --metadata t.csv --target rt",
            "expected a regressor of one number, got one of 2",
        ),
        (
            "evaluate multilabel.safetensors --metadata t.csv --target rt",
            "got the multilabel classifier multilabel.safetensors",
        ),
    ],
)
def test_evaluate_refuses_targets_of_another_kind(models, command, message):
    write(models / "t.csv", {"rt": range(8)})
    verb, *arguments = command.split()
    done = eegzoo(verb, *arguments, "--raw", "ok_raw.fif", cwd=models)
    (models / "t.csv").unlink()
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert message in line
