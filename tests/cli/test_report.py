"""Reports from the command line."""

import re

import pytest

from tests.cli.test_cli import eegzoo


def headings(path):
    text = path.read_text(encoding="utf-8")
    return re.findall(r"<h3 [^>]*>([^<]*)</h3>", text), text


REPORT = ("report", "classifier.safetensors", "--raw", "ok_raw.fif")
pytestmark = pytest.mark.filterwarnings("ignore:channels .* are left out")


@pytest.mark.slow
def test_a_report_of_a_model_shows_result_data_and_recording(models, tmp_path):
    out = tmp_path / "report.html"
    folder = models.resolve()
    done = eegzoo("report", folder / "classifier.safetensors", "--raw", folder / "ok_raw.fif",
                  "--out", out, cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"wrote the report to {out}"
    assert "left out of the report" not in done.stderr
    found, text = headings(out)
    expected = {
        "Summary", "Classical baselines", "Confusion matrix", "Subjects and recordings",
        "Reliability of the probabilities", "Channels", "Preprocessing",
        "Signal, predictions and events",
    }  # fmt: skip
    assert expected <= set(found)
    assert "does not tell what it was trained on" in text
    assert str(folder) not in text
    assert "ok_raw.fif" in text


@pytest.mark.slow
def test_a_report_compares_two_models_on_the_same_windows(models, tmp_path):
    out = tmp_path / "report.html"
    done = eegzoo(*REPORT, "--against", "classifier.safetensors", "--out", out, cwd=models)
    assert done.returncode == 0, done.stderr
    found, text = headings(out)
    assert "Paired comparison" in found
    assert "+0.000" in text
    assert "of 8 windows, classifier.safetensors on 0: p = 1 by McNemar" in text


@pytest.mark.slow
def test_a_report_of_a_regressor_has_its_target_and_unit(models, tmp_path):
    table = tmp_path / "numbers.csv"
    table.write_text("age\n" + "\n".join(str(200 + 25 * n) for n in range(8)), encoding="utf-8")
    out = tmp_path / "report.html"
    done = eegzoo(
        "report", "regressor.safetensors", "--raw", "ok_raw.fif", "--metadata", table,
        "--target", "age", "--unit", "years", "--out", out, cwd=models,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found, text = headings(out)
    assert "Predicted and true numbers" in found
    assert "age (years)" in text


@pytest.mark.slow
@pytest.mark.parametrize("target", [None, "age"])
def test_training_writes_a_report_of_its_folds(models, tmp_path, target):
    given = []
    if target is not None:
        table = tmp_path / "numbers.csv"
        table.write_text("age\n" + "\n".join(str(200 + 25 * n) for n in range(8)))
        given = ["--metadata", table, "--target", target]
    out = tmp_path / "report.html"
    done = eegzoo(
        "train", "--raw", "ok_raw.fif", "--model", "eegnet_4_2", "--tmax", 2, "--cv", 2,
        "--max-epochs", 1, "--verbose", 0, "--report", out, *given, cwd=models,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"wrote the report to {out}"
    found, text = headings(out)
    assert {"Leakage between training and test", "Learning curves"} <= set(found)
    assert "All methods were trained and tested in the same 2 folds" in text
    assert "cross-validation in 2 folds" in text


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["report", "multilabel.safetensors", "--raw", "ok_raw.fif"], "one label for each window"),
        (["report", "regressor.safetensors", "--raw", "ok_raw.fif"], "--target and --metadata"),
        ([*REPORT, "--against", "regressor.safetensors"], "--target and --metadata"),
        ([*REPORT, "--against", "none.safetensors"], "none.safetensors"),
    ],
)
def test_models_of_other_kinds_are_refused(models, tmp_path, arguments, reason):
    out = tmp_path / "report.html"
    done = eegzoo(*arguments, "--out", out, cwd=models)
    assert done.returncode == 2
    assert reason in done.stderr
    assert not out.exists()


def test_the_report_never_replaces_an_input(models):
    done = eegzoo(*REPORT, "--out", "ok_raw.fif", cwd=models)
    assert done.returncode == 2
    assert "expected different files for input and output" in done.stderr
    done = eegzoo(*REPORT, "--out", "no_folder/report.html", cwd=models)
    assert "no such folder" in done.stderr
