"""Scores that commands print, with what luck reaches."""

import json

import mne
import numpy as np
import pytest

from eegzoo.cli import scores
from eegzoo.data import EpochsDataset, SignalInfo
from tests.cli.test_cli import eegzoo

TRUE = np.array(["a", "b"] * 20)


def predicted(n_right):
    return np.where(np.arange(40) < n_right, TRUE, "none")


def test_reports_count_independent_windows(capsys):
    X = np.random.default_rng(0).normal(0, 20, (40, 1, 100))
    metadata = {"onset": np.arange(40) / 2, "subject": ["S1"] * 40}
    y = np.arange(40) % 2
    dataset = EpochsDataset(X, y, ["a", "b"], SignalInfo(["Cz"], 100.0, 100), metadata)
    found = scores.report(dataset, TRUE, predicted(30), label="fold 1: ")
    assert "fold 1: accuracy 0.750 on 40 windows (20 independent) of 1" in capsys.readouterr().out
    assert found["accuracy"]["n_independent"] == 20
    assert found["accuracy"]["people"] == {"S1": 0.75}


def test_the_mean_over_seeds_is_printed(capsys):
    results = [{"statistics": {"accuracy": {"value": value}}} for value in (0.5, 0.7)]
    assert scores.print_seeds(results) == {"accuracy": pytest.approx(0.6)}
    expected = "mean accuracy over 2 seeds 0.600 (std 0.100, from 0.500 to 0.700)\n"
    assert capsys.readouterr().out == expected


# Commands.


@pytest.mark.filterwarnings("ignore:channels .* are left out")
def test_evaluate_gives_the_mean_over_simulated_recordings(models):
    done = eegzoo("evaluate", "classifier.safetensors", "--seeds", 2, cwd=models)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("accuracy ")]
    values = [float(line.split()[1]) for line in lines if " on " in line]
    assert len(values) == 2
    mean = float(done.stdout.partition("mean accuracy over 2 seeds ")[2].split()[0])
    assert mean == pytest.approx(np.mean(values), abs=1e-3)
    assert "epoch: 1 of 1, the last, without validation" in done.stdout
    refused = eegzoo(
        "evaluate", "classifier.safetensors", "--raw", "ok_raw.fif", "--seeds", 2, cwd=models
    )
    assert refused.returncode == 2
    assert "expected --seeds with simulated data" in refused.stderr


def white_noise(path, seed):
    """Save two minutes of noise with labels every 0.25 s, in random runs of 2 s."""
    rng = np.random.default_rng(seed)
    info = mne.create_info(["C3", "Cz", "C4", "Pz"], 100.0, "eeg")
    raw = mne.io.RawArray(rng.normal(0, 2e-5, (4, 12_000)), info, verbose="ERROR")
    onset = np.arange(0, 117.5, 0.25)
    labels = rng.permutation(np.arange(59) % 2)[(onset // 2).astype(int)]
    raw.set_annotations(mne.Annotations(onset, 0, np.array(["a", "b"])[labels]))
    raw.save(path, verbose="ERROR")


@pytest.mark.slow
def test_cross_validation_on_noise_scores_at_chance(tmp_path):
    """With shuffled windows, .65 to .80."""
    values = []
    for seed in range(2):
        white_noise(tmp_path / f"{seed}_raw.fif", seed)
        done = eegzoo(
            "train", "--raw", f"{seed}_raw.fif", "--tmax", 2, "--cv", 3, "--verbose", 0,
            "--max-epochs", 10,
            "--json", "run.json", cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "3 folds of 6 stretches of windows that overlap" in done.stdout
        values.append(json.loads((tmp_path / "run.json").read_text())["mean"])
    assert 0.4 < np.mean(values) < 0.6
