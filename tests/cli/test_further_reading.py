"""An error on the command line ends with the page that explains it."""

from pathlib import Path

import pytest

from eegzoo.cli.further_reading import PAGES, page_for, way_out
from eegzoo.data import simulate_motor_imagery
from tests.cli.test_cli import eegzoo

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize("page", [page for _, page in PAGES])
def test_every_page_exists(page):
    assert (REPOSITORY / page).is_file()


@pytest.mark.parametrize(
    ("reason", "page"),
    [
        ("expected channels C3, Cz, C4, got C3, Cz", "docs/channels.md"),
        ("expected amplitudes of EEG in microvolts, got about 4e+03; multiply by 0.001",
         "docs/channels.md"),
        ("expected event_id to name events of the recording, got {'x': 1}", "docs/events.md"),
        ("expected labels ['left'], got ['S 1'], which the classifier was not trained on",
         "docs/events.md"),
        ("recording.edf is truncated: 10 of 20 s", "docs/recordings.md"),
        ("h5py is required to read authors' weights: pip install 'eegzoo[weights]'",
         "docs/installation.md"),
        ("no such file: night.edf", "docs/recordings.md"),
        ("expected the training and the test to share no windows: leakage", "docs/new_person.md"),
        ("expected a classifier of the stages W, N1, N2, N3, R, got left, right", "docs/sleep.md"),
        ("night.txt cannot be read as a scoring: line 3", "docs/scorings.md"),
        ("cannot read s3://bucket/store/index.json: the credentials are refused (ExpiredToken); "
         "renew them", "docs/stores.md"),
        ("s3://bucket/store/a.npy was altered: bytes 0 to 9 do not have the hash",
         "docs/stores.md"),
        ("cannot use the cache windows: the disk is full", "docs/stores.md"),
        ("unknown label 'channels'", None),
        ("no LSL stream named 'amplifier' was found within 5 s", "docs/online.md"),
        ("unknown model 'eegnt'; did you mean 'eegnet'?", None),
        ("disk full", None),
        ("expected --lr to be a number above 0, got -1", None),
    ],
)  # fmt: skip
def test_errors_of_a_kind_have_their_page(reason, page):
    assert page_for(reason) == page


@pytest.mark.parametrize(
    ("reason", "options", "solution"),
    [
        ("channels ['C3'] are missing, got ['C4']", ["--missing"], "--missing interpolate"),
        ("channels ['C3'] are missing, got ['C4']", ["--raw"], None),
        ("expected sfreq of 160 Hz, got 100 Hz", ["--resample"], "--resample changes the rate"),
        ("expected sfreq of at least 16 Hz, got 8", ["--resample"], None),
    ],
)
def test_errors_name_the_option_that_solves_them(reason, options, solution):
    found = way_out(reason, options)
    assert found is None if solution is None else found.startswith(solution)


def test_option_is_named_by_the_commands_that_have_it(models):
    raw = simulate_motor_imagery(4, ch_names=("C3", "C4"), random_state=0)
    raw.save(models / "two_raw.fif", overwrite=True, verbose="ERROR")
    done = eegzoo("predict", "classifier.safetensors", "two_raw.fif", cwd=models)
    assert "channels ['Cz'] are missing, got ['C3', 'C4']; --missing interpolate" in done.stderr


def test_names_of_the_wrong_kind_say_where_they_belong(tmp_path):
    weights = eegzoo("info", "eegnet.physionet_mi2", cwd=tmp_path).stderr
    assert "eegzoo weights eegnet.physionet_mi2" in weights
    (tmp_path / "a.edf").touch()
    mistyped = eegzoo("predict", "m.safetensor", "a.edf", cwd=tmp_path).stderr
    assert "no such file: m.safetensor" in mistyped


def test_error_stays_one_line_that_ends_with_its_page(tmp_path):
    done = eegzoo("check", "nothing.edf", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("eegzoo: error: ")
    assert done.stderr.endswith(" (more: docs/recordings.md)\n")
    assert done.stderr.count("\n") == 1


def test_other_errors_are_left_as_they_are(tmp_path):
    assert "more:" not in eegzoo("info", "eegnt", cwd=tmp_path).stderr


def test_names_of_events_keep_their_blanks(tmp_path):
    raw = simulate_motor_imagery(4, ch_names=("C3", "C4"), random_state=0)
    raw.annotations.rename({"left_hand": "Stimulus/S  1", "right_hand": "Stimulus/S  2"})
    raw.save(tmp_path / "blanks_raw.fif", verbose="ERROR")
    done = eegzoo("train", "--raw", "blanks_raw.fif", "--event-id", "left=S 1", cwd=tmp_path)
    assert done.returncode == 2
    assert 'got events "Stimulus/S  1", "Stimulus/S  2"' in done.stderr  # to be copied


@pytest.mark.parametrize("verb", ["train", "evaluate model"])
def test_recording_without_its_option_is_told_which(tmp_path, verb):
    done = eegzoo(*verb.split(), "a.edf", "b.edf", cwd=tmp_path)
    assert "recordings are given with --raw (see eegzoo " in done.stderr


def test_option_without_a_value_names_the_command(tmp_path):
    done = eegzoo("predict", "model", "a.edf", "--events", cwd=tmp_path)
    assert done.stderr.endswith("(see eegzoo predict --help)\n")
