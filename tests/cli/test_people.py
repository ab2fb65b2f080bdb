"""The command line adapts to people, learns a few labels, and leaves one subject out."""

import csv
import io
import json
import re

import numpy as np
import pytest

from eegzoo.cli.people import PeopleOptions, regime_in_words
from eegzoo.data import EpochsDataset, simulate_motor_imagery
from eegzoo.training import EEGClassifier
from tests.cli.test_cli import eegzoo

FAST = ("--max-epochs", "2", "--verbose", "0", "--h-freq", "30")
FILES = [f"sub-{number}_raw.fif" for number in range(3)]
RAW = [part for name in FILES for part in ("--raw", name)]
TRANSDUCTIVE = "transductive: adapted on the windows that are scored, without their labels"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with recordings of three people, and a model trained on them."""
    folder = tmp_path_factory.mktemp("people")
    for number, name in enumerate(FILES):
        raw = simulate_motor_imagery(12, ch_names=("C3", "Cz", "C4"), random_state=number)
        raw.save(folder / name, verbose="ERROR")
    done = eegzoo("train", *RAW, *FAST, "--align", "euclid", "--normalize", "none", "--cv", 3,
                  "--groups", "subject", "--out", "m.safetensors", cwd=folder)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def test_leave_one_subject_out_scores_each_person_and_names_the_lowest(folder):
    done = eegzoo("train", *RAW, *FAST, "--protocol", "leave-one-subject-out", "--json", "r.json",
                  cwd=folder)  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads((folder / "r.json").read_text())
    assert (found["run"]["groups"], found["run"]["cv"]) == ("subject", 3)
    people = found["statistics"]["accuracy"]["people"]
    assert sorted(people) == ["0", "1", "2"]
    assert found["folds"] == [people[name] for name in sorted(people)]
    assert found["regime"].startswith("inductive")
    assert "accuracy of each person (inductive: nothing is taken" in done.stdout
    lowest = min(people.values())
    assert re.search(rf"^lowest [012] {lowest:.3f}$", done.stdout, re.MULTILINE)
    assert "95% interval over people" in done.stdout


def test_people_of_the_test_are_adapted_to_and_their_labels_not_scored(folder):
    done = eegzoo("train", *RAW, *FAST, "--protocol", "leave-one-subject-out", "--align", "euclid",
                  "--normalize", "none", "--adapt", "--calibrate", 4, "--json", "r.json",
                  cwd=folder)  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads((folder / "r.json").read_text())
    assert found["regime"] == TRANSDUCTIVE
    assert found["statistics"]["accuracy"]["n_windows"] == 3 * (12 - 4)
    assert sum(map(sum, found["confusion"]["matrix"])) == 3 * (12 - 4)
    assert "calibrated on 4 windows with labels (transductive)" in done.stdout


def test_evaluate_adapts_to_each_person(folder):
    done = eegzoo("evaluate", "m.safetensors", *RAW, "--adapt", "--json", "e.json", cwd=folder)
    assert done.returncode == 0, done.stderr
    found = json.loads((folder / "e.json").read_text())
    assert found["regime"] == TRANSDUCTIVE
    assert [line.partition(":")[0] for line in found["adapted"]] == ["0", "1", "2"]
    first = eegzoo("evaluate", "m.safetensors", *RAW, "--adapt", "--adapt-first", 6, cwd=folder)
    assert "transductive for 6 of 12 windows" in first.stdout


def test_evaluate_prints_the_accuracy_against_the_number_of_labels(folder):
    done = eegzoo("evaluate", "m.safetensors", *RAW, "--calibrate", "0,4", "--json", "e.json",
                  cwd=folder)  # fmt: skip
    assert done.returncode == 0, done.stderr
    curve = json.loads((folder / "e.json").read_text())["label_curve"]
    assert (curve["n_labelled"], curve["regime"]) == ([0, 4], "transductive")
    assert np.shape(curve["accuracies"]["adapted"]) == (2, 3)
    assert "labelled windows, adapted (transductive)" in done.stdout


def test_predict_adapts_to_the_person_of_the_recording(folder):
    done = eegzoo("predict", "m.safetensors", FILES[0], "--adapt", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "adapted to one person on" in done.stderr
    plain = eegzoo("predict", "m.safetensors", FILES[0], cwd=folder)
    assert len(done.stdout.splitlines()) == len(plain.stdout.splitlines())
    assert done.stdout != plain.stdout


def test_predict_learns_labels_of_events_and_leaves_their_windows_out(folder):
    events = ("--events", "left_hand,right_hand")
    done = eegzoo("predict", "m.safetensors", FILES[0], *events, "--calibrate", 4, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "calibrated on 4 windows with labels" in done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == 12 - 4
    assert {row["label"] for row in rows} <= {"left_hand", "right_hand"}


def test_settings_of_people_reach_the_classifier(folder):
    done = eegzoo("train", *RAW, *FAST, "--cv", 3, "--groups", "subject", "--people-per-batch", 2,
                  "--feature-drop-prob", 0.25, "--calibration", "temperature", "--out",
                  "p.safetensors", "--json", "r.json", cwd=folder)  # fmt: skip
    assert done.returncode == 2
    assert "people_per_batch of at most 1" in done.stderr  # a fold of the calibration has one
    done = eegzoo("train", *RAW, *FAST, "--cv", 3, "--groups", "subject", "--people-per-batch", 1,
                  "--feature-drop-prob", 0.25, "--calibration", "temperature", "--out",
                  "p.safetensors", "--json", "r.json", cwd=folder)  # fmt: skip
    assert done.returncode == 0, done.stderr
    run = json.loads((folder / "r.json").read_text())["run"]
    assert (run["people_per_batch"], run["feature_drop_prob"]) == (1, 0.25)
    classifier = EEGClassifier.load(folder / "p.safetensors")
    assert classifier.by_person_
    assert classifier.calibration_.n_people == 3


@pytest.mark.parametrize(
    ("name", "regime"),
    [
        ("tangent_net.eegmat", "transductive: the statistics of each person"),
        ("ssvep_front.ssvep_exo", "transductive: the statistics of each person"),
        ("eegnet.eegmat_person", "transductive: the statistics of each person"),
        ("eegnet.eegmat", "inductive: nothing is taken"),
    ],
)
def test_what_trained_models_take_from_the_windows_is_said(name, regime):
    assert regime_in_words(EEGClassifier.from_weights(name), PeopleOptions()).startswith(regime)


def test_scores_of_an_adapted_model_are_named_by_its_windows(folder):
    classifier = EEGClassifier.load(folder / "m.safetensors")
    rng = np.random.default_rng(0)
    windows = rng.normal(0, 10, (12, classifier.n_chans_, classifier.n_times_)).astype(np.float32)
    adapted = classifier.adapt(windows, how=["align", "statistics"])
    parts = [
        EpochsDataset(X, np.zeros(12, int), ["left"], classifier.signal_info_)
        for X in (windows, windows[:, ::-1])
    ]
    found = [regime_in_words(adapted, PeopleOptions(), part) for part in parts]
    assert [text.partition(":")[0] for text in found] == ["transductive", "inductive"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "--protocol", "loso"), "expected --protocol to be one of"),
        (("train", "--protocol", "leave-one-subject-out", "--groups", "session"), "without --gr"),
        (("train", "--protocol", "leave-one-subject-out"), "recordings of two subjects at least"),
        (("train", "--adapt-first", "5"), "expected --adapt with --adapt-first"),
        (("train", "--calibration", "sigmoid"), "expected calibration to be one of"),
        (("evaluate", "m.safetensors", *RAW, "--calibrate", "x"), "expected --calibrate to be num"),
        (("evaluate", "m.safetensors", *RAW, "--calibrate", "-2"), "expected --calibrate of at"),
        (("predict", "m.safetensors", FILES[0], "--calibrate", "4"), "expected --events"),
        (("evaluate", "m.safetensors", *RAW, "--calibrate", "0,4", "--adapt", "--adapt-first", "4"),
         "expected --adapt-first with one number in --calibrate"),
    ],
)  # fmt: skip
def test_options_that_do_not_fit_raise(folder, arguments, message):
    done = eegzoo(*arguments, cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr
