"""What protocols do to their recordings, on examples worked by hand."""

import dataclasses

import mne
import numpy as np
import pytest

from eegzoo.reproduction.catalogue import find_entries
from eegzoo.reproduction.protocols.accuracy import scores_of
from eegzoo.reproduction.protocols.accuracy_tasks import task_of
from eegzoo.reproduction.protocols.commands import script
from eegzoo.reproduction.protocols.run import Rows, Run
from eegzoo.reproduction.protocols.sessions import sessions_of, standardized
from eegzoo.reproduction.protocols.staging import windows_of
from eegzoo.reproduction.protocols.trained_weights import _first_windows
from eegzoo.reproduction.recordings import eegbci
from eegzoo.reproduction.recordings.noise import noise_recording


def test_accuracy_is_the_mean_over_seeds_and_its_interval_is_over_folds():
    rows = [
        {"method": "a", "seed": seed, "fold": fold, "n_right": right, "n_test": 10}
        for seed, rights in enumerate([(5, 9), (7, 9)])
        for fold, right in enumerate(rights)
    ]
    (score,) = scores_of(rows, ["a"])
    assert score.value == pytest.approx(0.75)
    assert score.units == {"0": 0.6, "1": 0.9}
    assert score.interval == (0.6, 0.9)
    assert score.n_windows == 20


@pytest.mark.parametrize("name", ["left_right", "fists_feet"])
def test_imagery_is_of_two_movements_without_pauses(name):
    runs = find_entries(f"bench:{name}")[0].recordings["runs"]
    task = task_of(name, eegbci.simulate(subjects=[1], runs=runs[:1]))
    assert np.unique(task.y, return_counts=True)[1].tolist() == [8, 7]
    assert set(task.y) == {"T1", "T2"}


def test_single_fold_has_an_interval_over_windows():
    rows = [{"method": "a", "seed": 0, "fold": 0, "n_right": 85, "n_test": 100}]
    (score,) = scores_of(rows, ["a"])
    assert score.interval == pytest.approx((0.767, 0.907), abs=1e-3)
    assert score.units == {}


def test_rows_are_measured_once_and_kept_in_the_file(tmp_path):
    path, calls = tmp_path / "rows.jsonl", []

    def measure():
        calls.append(1)
        return [{"value": len(calls)}]

    for _ in range(2):
        assert Rows(path).get({"seed": 0}, measure) == [{"seed": 0, "value": 1}]
    assert Rows(path).get({"seed": 1}, measure) == [{"seed": 1, "value": 2}]
    assert Rows().of({"seed": 0}) == []


def one(value):
    return lambda: [{"value": value}]


def test_line_that_was_cut_off_is_measured_again(tmp_path):
    path = tmp_path / "rows.jsonl"
    for seed in (0, 1):
        Rows(path).get({"seed": seed}, one(seed))
    complete = path.read_bytes()
    path.write_bytes(complete[:-5])
    rows = Rows(path)
    assert path.read_bytes() == complete[:-5]  # nothing is written before there is a result
    assert rows.of({}) == [{"seed": 0, "value": 0}]
    rows.get({"seed": 1}, one(1))
    assert path.read_bytes() == complete


@pytest.mark.parametrize("text", ["model,accuracy\n", "[1]\n", '{"seed": 0}\nno\n', "\xff\n", "no"])
def test_other_file_is_not_taken_for_results(tmp_path, text):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=r"one JSON object a line .* got line \d of .*rows\.jsonl"):
        Rows(path)
    assert path.read_bytes() == text.encode("latin-1")


def test_quick_run_cuts_trainings_and_parts():
    assert Run("x", quick=True).settings({"max_epochs": 500, "lr": 0.1})["max_epochs"] == 1
    assert Run("x").settings({"max_epochs": 500}) == {"max_epochs": 500}
    assert list(Run("x", quick=True).some(range(9))) == [0, 1]


def test_stage_of_a_window_is_the_most_frequent_of_its_steps():
    stages, pure = windows_of(np.array([5] * 6 + [4] * 4 + [3] * 2 + [0, 1, 0, 1, 0, 1] + [2]))
    assert stages.tolist() == ["W", "R", "N3"]
    assert pure.tolist() == [True, False, True]


def test_samples_are_standardised_over_the_training_alone():
    generator = np.random.default_rng(0)
    X, other = generator.normal(3, 2, size=(50, 2, 4)), generator.normal(size=(10, 2, 4))
    train, test = standardized(X, other)
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(train.std(axis=0), 1)
    np.testing.assert_allclose(test * X.std(axis=0) + X.mean(axis=0), other)


def test_both_sessions_are_needed():
    recording = noise_recording(
        ["C3", "C4"], 128.0, ["a", "b"], subject="01", spacing=4.0, seed=0, split="train"
    )
    steps = {"steps": [{"step": "epoch", "tmin": 0.0, "tmax": 1.0}]}
    with pytest.raises(ValueError, match="expected recordings of both sessions of subject 01"):
        sessions_of([recording], "01", steps)
    other = dataclasses.replace(recording, split="test", run="2")
    windows = sessions_of([recording, other], "01", steps)
    assert (len(windows.train), len(windows.test)) == (2, 2)


class TestWindowsOfWang2020:
    """Of each run the first seven windows of a label; rest from run 1."""

    labels = ("left_fist", "right_fist", "rest", "feet")

    def chosen(self, run):
        (recording,) = eegbci.simulate(subjects=[1], runs=[run])
        return _first_windows(recording, self.labels, np.random.default_rng(0)).raw

    def test_fists(self):
        names = self.chosen(4).annotations.description.tolist()
        assert sorted(set(names)) == ["left_fist", "right_fist"]
        assert [names.count(name) for name in ("left_fist", "right_fist")] == [7, 7]

    def test_feet_without_fists_and_pauses(self):
        assert self.chosen(6).annotations.description.tolist() == ["feet"] * 7

    def test_rest(self):
        raw = self.chosen(1)
        onsets = raw.annotations.onset
        assert set(raw.annotations.description) == {"rest"}
        assert len(onsets) == 21
        assert set(3.0 * np.arange(20)) <= set(onsets.tolist())
        assert isinstance(raw, mne.io.BaseRaw)


def test_script_outside_the_repository_is_refused():
    with pytest.raises(FileNotFoundError, match="expected the repository of eegzoo"):
        script(None, Run("x"), command=["benchmarks/absent.py"])


def test_script_that_fails_is_an_error(capfd):
    with pytest.raises(OSError, match="-m no_such_module ended with exit status 1"):
        script(None, Run("x"), command=["-m", "no_such_module"])
    assert "no_such_module" in capfd.readouterr().err
