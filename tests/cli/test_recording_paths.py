"""Folders of recordings in place of files."""

import pytest

from eegzoo.data import simulate_motor_imagery
from tests.cli.test_cli import eegzoo


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Folder with recordings of two people, among files that are none."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "study").mkdir()
    for number in range(2):
        raw = simulate_motor_imagery(8, ch_names=("C3", "Cz", "C4"), random_state=number)
        raw.save(folder / f"study/s{number}_raw.fif", verbose="ERROR")
    for name in ("s0-Hypnogram.edf", "notes.txt", "s0-eve.fif", "._s0_raw.fif"):
        (folder / "study" / name).touch()
    return folder


def test_a_folder_is_its_recordings_each_a_subject(study):
    common = ("--cv", 2, "--max-epochs", 1, "--verbose", 0, "--groups", "subject")
    done = eegzoo("train", "--raw", "study", *common, cwd=study)
    assert done.returncode == 0, done.stderr
    assert "study: 2 recordings, s0_raw.fif to s1_raw.fif" in done.stderr
    assert "eegnet on EpochsDataset(16 windows" in done.stdout
    files = ("--raw", "study/s0_raw.fif", "--raw", "study/s1_raw.fif")
    assert eegzoo("train", *files, *common, cwd=study).stdout == done.stdout


@pytest.mark.parametrize("given", ["", "."])
def test_an_empty_option_is_not_the_folder_that_one_is_in(study, given):
    done = eegzoo("train", "--raw", given, "--cv", 2, cwd=study / "study")
    assert done.returncode == 2
    assert "cannot be read as a recording: it is a folder" in done.stderr
