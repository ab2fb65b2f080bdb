"""Reports of classifiers, regressors and models of several labels, in Python."""

import re

import numpy as np
import pytest

from eegzoo.data import EpochsDataset, SignalInfo
from eegzoo.report import ReportWarning, Section, write_report
from eegzoo.report.comparison.paired_windows import paired_windows
from eegzoo.report.contents import all_sections
from eegzoo.report.evidence import evidence_of
from eegzoo.training import EEGClassifier, EEGRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(0, 10, (60, 3, 128)).astype(np.float32)
SETTINGS = {"sfreq": 64.0, "max_epochs": 1, "random_state": 0}


def headings(path):
    text = path.read_text(encoding="utf-8")
    return re.findall(r"<h3 [^>]*>([^<]*)</h3>", text), text


@pytest.mark.filterwarnings("error")
def test_a_report_of_arrays_has_no_recording(tmp_path):
    y = np.arange(60) % 2
    classifier = EEGClassifier("eegnet", **SETTINGS).fit(X[:40], y[:40])
    found, text = headings(write_report(tmp_path / "a.html", classifier, X[40:], y[40:]))
    assert {"Summary", "Classical baselines", "Confusion matrix", "Channels"} <= set(found)
    assert not {"Signal, predictions and events", "Preprocessing", "Labels"} & set(found)
    assert "channel 1" in text


@pytest.mark.filterwarnings("error")
def test_a_report_of_a_regressor_names_target_and_unit(tmp_path):
    y = X[:, 0].std(axis=1) * 3
    regressor = EEGRegressor("eegnet", **SETTINGS).fit(X[:40], y[:40])
    out = tmp_path / "a.html"
    given = {"unit": "years", "target_names": ("age",)}
    found, text = headings(write_report(out, regressor, X[40:], y[40:], **given))
    assert {"Predicted and true numbers", "Classical baselines"} <= set(found)
    assert not {"Confusion matrix", "Ranking by probability"} & set(found)
    assert "age (years)" in text
    assert "mean absolute error" in text


@pytest.mark.filterwarnings("error")
def test_a_report_of_several_labels_has_a_row_for_each(tmp_path):
    y = (RNG.random((60, 3)) < 0.5).astype(int)
    classifier = EEGClassifier("eegnet", **SETTINGS).fit(X[:40], y[:40])
    out = tmp_path / "a.html"
    names = ("blink", "muscle", "<i>")
    found, text = headings(write_report(out, classifier, X[40:], y[40:], target_names=names))
    assert {"Labels", "Ranking by probability"} <= set(found)
    assert "&lt;i&gt;" in text


def test_labels_that_the_model_does_not_know_are_refused():
    y = np.arange(60) % 2
    classifier = EEGClassifier("eegnet", **SETTINGS).fit(X[:40], y[:40])
    with pytest.raises(ValueError, match=r"got .'7'., which the classifier was not trained on"):
        evidence_of(classifier, X[:2], [0, 7])
    with pytest.raises(ValueError, match="expected y, because X has no labels"):
        evidence_of(classifier, X[:2])
    with pytest.raises(ValueError, match="expected y of 2 windows, got 3"):
        evidence_of(classifier, X[:2], [0, 1, 1])


def test_a_section_that_fails_is_said_and_the_others_are_kept(
    tmp_path, monkeypatch, classifier, hostile_dataset
):
    def fail(evidence):
        raise RuntimeError("no such file: /home/ann/secret.fif")

    sections = [Section("Data", "Broken", fail), *all_sections()[:1]]
    monkeypatch.setattr("eegzoo.report.html_report.all_sections", lambda: sections)
    with pytest.warns(ReportWarning, match="Broken: RuntimeError: no such file"):
        out = write_report(tmp_path / "a.html", classifier, hostile_dataset[20:])
    found, text = headings(out)
    assert found == ["Broken", "Summary"]
    assert "could not be made" in text
    assert "secret" not in text


def test_pictures_are_written_by_the_names_of_their_headings(
    tmp_path, monkeypatch, classifier, hostile_dataset
):
    sections = [one for one in all_sections() if one.title in ("Confusion matrix", "Channels")]
    monkeypatch.setattr("eegzoo.report.html_report.all_sections", lambda: sections)
    folder = tmp_path / "new" / "pictures"
    write_report(tmp_path / "a.html", classifier, hostile_dataset[20:], pictures=folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "channels-1.png", "channels-2.png", "confusion-matrix-1.png",
    ]  # fmt: skip
    assert (folder / "channels-1.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_report_of_a_thousand_windows_computes_each_few_times(tmp_path):
    rng = np.random.default_rng(0)
    info = SignalInfo([f"E{place}" for place in range(22)], 128.0, 256)
    known = {"onset": np.arange(1000) * 3.0, "recording": ["r"] * 1000}
    X = rng.normal(0, 10, (1000, 22, 256)).astype(np.float32)
    dataset = EpochsDataset(X, rng.integers(0, 2, 1000), ["a", "b"], info, known)
    classifier = EEGClassifier("eegnet", max_epochs=1, random_state=0).fit(dataset[:100])
    n_windows = []
    classifier.model_.register_forward_hook(lambda _, args, __: n_windows.append(len(args[0])))
    write_report(tmp_path / "a.html", classifier, dataset)
    assert sum(n_windows) < 70_000  # 65,031: explanations are of few windows


def test_folders_that_do_not_exist_are_refused_before_the_work(classifier, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        write_report(tmp_path / "none" / "a.html", classifier, None)


def windows(sfreq, tmin, onsets, labels, recording="r"):
    info = SignalInfo(["C3"], sfreq, 50, tmin)
    known = {"onset": np.array(onsets) + tmin, "recording": [recording] * len(onsets)}
    codes = ["ab".index(label) for label in labels]
    return EpochsDataset(RNG.normal(0, 10, (len(onsets), 1, 50)), codes, "ab", info, known)


def test_windows_of_the_same_events_are_paired():
    first = windows(100.0, 0.0, [1.0, 2.0, 3.0, 4.0], "abab")
    second = windows(64.0, 0.5, [4.004, 2.0, 9.0], "bba")
    assert [each.tolist() for each in paired_windows(first, second)] == [[3, 1], [0, 1]]
    other = windows(100.0, 0.0, [1.0], "b")
    assert len(paired_windows(first, other)[0]) == 0
    elsewhere = windows(100.0, 0.0, [1.0], "a", "another")
    assert len(paired_windows(first, elsewhere)[0]) == 0
