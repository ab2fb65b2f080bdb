"""Tests of ``eegzoo stream``."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from eegzoo.training import EEGClassifier
from tests.cli.test_cli import eegzoo
from tests.cli.test_interruption import heed_interrupts
from tests.online.running import recording, trained


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a saved classifier and a recording."""
    folder = tmp_path_factory.mktemp("stream")
    classifier, preprocessing = trained("fir")
    classifier.save(folder / "model.safetensors", preprocessing=preprocessing)
    raw = recording().copy().load_data()
    raw.save(folder / "test_raw.fif", verbose=False)
    return folder / "model.safetensors", folder / "test_raw.fif"


def test_played_recording_gives_the_probabilities_of_predict(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    model, path = files
    out = tmp_path / "decisions.csv"
    run = eegzoo("stream", model, "--play", path, "--speed", "inf", "--out", out, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "a decision every 0.25 s, 820 ms after its window" in run.stderr
    classifier = EEGClassifier.load(model)
    onsets, expected = classifier.predict_recording(recording(), 0.25)
    known = {round(onset + 2.0, 3): row for onset, row in zip(onsets, expected, strict=True)}
    with out.open() as file:
        rows = list(csv.DictReader(file))
    made = [row for row in rows if row["label"] != "abstain"]
    assert len(made) > 200
    for row in made:
        shares = [float(row[f"p_{label}"]) for label in classifier.classes_]
        np.testing.assert_allclose(shares, known[round(float(row["time"]), 3)], atol=1e-4)
    assert rows[0]["reason"] == "the filters have not settled yet"


def test_interruption_ends_cleanly_and_keeps_the_decisions(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    model, path = files
    out = tmp_path / "decisions.csv"
    process = subprocess.Popen(
        [sys.executable, "-m", "eegzoo", "stream", str(model), "--play", str(path), "--out",
         str(out)],
        stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if out.exists() and len(out.read_text().splitlines()) > 2:
            break
        time.sleep(0.1)
    process.send_signal(2)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.rstrip().endswith("eegzoo: interrupted")
    assert "Traceback" not in errors
    assert len(out.read_text().splitlines()) > 2


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], "expected one of --lsl, --brainflow, --play, got none"),
        (["--play", "x.fif", "--lsl", "name"], "got --lsl and --play"),
        (["--play", "x.fif", "--unit", "uV"], "expected --unit with --lsl, got it with --play"),
        (["--play", "nothing.fif"], "nothing.fif"),
        (["--brainflow", "toaster"], "expected board to be one of"),
    ],
)
def test_wrong_options_are_one_line(
    files: tuple[Path, Path], options: list[str], expected: str, tmp_path: Path
) -> None:
    run = eegzoo("stream", files[0], *options, cwd=tmp_path)
    assert run.returncode == 2
    assert expected in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
