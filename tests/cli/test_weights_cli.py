"""Trained weights on the command line, by name and in files."""

import csv
import io
import json

import mne
import numpy as np
import pytest

from eegzoo.data import fetch_eegbci
from eegzoo.training import EEGClassifier
from eegzoo.weights import find_weights, list_weights
from tests.cli.test_cli import eegzoo
from tests.shared_data import MNE_DATA, SHARED, needs

CACHE = SHARED / "weights"
MI2 = "eegnet.physionet_mi2"
FISTS = ["--data", "eegbci", "--subjects", "1", "--runs", "4,8,12"]


@pytest.fixture(autouse=True)
def _beside(monkeypatch):
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(CACHE))
    monkeypatch.setenv("MNE_DATA", str(MNE_DATA))
    monkeypatch.setenv("COLUMNS", "200")


def line_of(done):
    """Return the accuracy in a command's output, without its interval and chance level."""
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("accuracy 0")]
    return line.partition(" of ")[0]


# Listing.


def test_all_weights_are_listed_and_each_family_once(tmp_path):
    shown = eegzoo("weights", cwd=tmp_path).stdout
    for name in list_weights():
        family = name.rpartition("_fold")[0]
        assert (f"{family} (5 folds)" if family else name) in shown
    assert shown.count("eegnet.physionet_mi2") == 1
    assert "accuracy 0.824 [0.81, 0.83]" in shown
    assert "84 subjects" in shown


def test_a_number_of_subjects_that_nobody_published_is_in_words(tmp_path):
    done = eegzoo("weights", "chambon2018.*", cwd=tmp_path)
    shown = " ".join(done.stdout.replace("│", " ").split())
    assert "subjects not published" in shown
    assert "None" not in shown


def test_a_pattern_and_a_task_select_weights(tmp_path):
    shown = eegzoo("weights", "*_fold3", cwd=tmp_path).stdout
    assert "eegnet.physionet_mi4_fold3" in shown
    assert "eegsym" not in shown
    shown = eegzoo("weights", "--task", "erp", cwd=tmp_path).stdout
    assert "eegnet.sample_audvis" in shown
    assert "eegsym" not in shown


def test_a_name_shows_its_card_or_its_code(tmp_path):
    shown = eegzoo("weights", "eegsym.mi_8", cwd=tmp_path).stdout
    card = find_weights("eegsym.mi_8").metadata
    for part in (card.origin.sha256, card.origin.licence, card.training.citation, card.not_for):
        assert part in shown
    shown = eegzoo("weights", MI2, cwd=tmp_path).stdout.splitlines()
    assert shown[0].startswith(f"{MI2} has the folds {MI2}_fold0, ")
    assert shown[1] == f"{MI2}_fold0"
    shown = eegzoo("weights", MI2, "--code", cwd=tmp_path).stdout
    assert shown.strip() == find_weights(MI2).as_mne_code()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("weights eegnet.fysionet_mi2", "did you mean 'eegnet.physionet_mi2"),
        ("weights nothing*", "no weights match 'nothing*'"),
        ("weights eegnet.* --code", "expected one name with --code"),
        (f"weights {MI2} --task erp", "expected a pattern of names with --task"),
        ("weights * --task motor", "unknown task 'motor'"),
        ("evaluate eegnet.fysionet_mi2", "did you mean 'eegnet.physionet_mi2"),
        ("evaluate absent/eegnet.physionet_mi2", "no such file: absent/eegnet.physionet_mi2"),
        ("evaluate absent.safetensors", "no such file: absent.safetensors"),
        ("evaluate eegnet", "unknown weights 'eegnet'"),
        ("predict eegsym.mi_9 .", "did you mean 'eegsym.mi_"),
        (f"predict {MI2} recording.edf", "no such file: recording.edf"),
        (f"evaluate {MI2} --data simulated", "like the labels of the model"),
    ],
)
def test_bad_input_is_an_error_of_one_line(tmp_path, arguments, message):
    done = eegzoo(*arguments.split(), cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("eegzoo: error: ")
    assert message in line


@needs(MNE_DATA)
def test_a_missing_extra_is_an_error_of_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    if not CACHE.exists():
        pytest.skip("weights is not beside the clone")
    done = eegzoo("evaluate", MI2, *FISTS, cwd=tmp_path)
    assert done.returncode == 2
    expected = "pip install 'eegzoo[weights]' (more: docs/installation.md)"
    assert done.stderr.splitlines()[-1].endswith(expected)


# PhysioNet's recordings.


@needs(CACHE)
@needs(MNE_DATA)
def test_a_family_selects_the_fold_not_trained_on_the_subject(tmp_path):
    done = eegzoo("evaluate", MI2, *FISTS, "--json", "result.json", cwd=tmp_path)
    assert line_of(done) == "accuracy 0.956 on 45 windows"
    assert done.stdout.startswith(f"{MI2}_fold0, which was not trained on eegbci/S001\n")
    assert done.stderr == ""
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["accuracy"] == 43 / 45
    assert result["confusion"]["matrix"] == [[21, 2], [0, 22]]
    assert result["model"] == f"{MI2}_fold0"


@needs(CACHE)
@needs(MNE_DATA)
def test_a_fold_trained_on_the_subject_is_a_warning(tmp_path):
    done = eegzoo("evaluate", f"{MI2}_fold3", *FISTS, cwd=tmp_path)
    assert line_of(done) == "accuracy 0.978 on 45 windows"
    assert done.stderr == (
        "warning: eegnet.physionet_mi2_fold3 was trained on eegbci/S001, so this accuracy does "
        "not apply to new people\n"
    )
    done = eegzoo("evaluate", f"{MI2}_fold0", *FISTS, cwd=tmp_path)
    assert line_of(done) == "accuracy 0.956 on 45 windows"
    assert done.stderr == ""


@needs(CACHE)
@needs(MNE_DATA)
def test_weights_for_sixteen_electrodes_resample_and_reference(tmp_path):
    done = eegzoo("evaluate", "eegsym.mi_16", *FISTS, cwd=tmp_path)
    assert line_of(done) == "accuracy 0.933 on 45 windows"
    assert done.stderr.startswith("warning: the training subjects of eegsym.mi_16 (EEGMMIDB, ")
    assert done.stderr.count("\n") == 1


@needs(CACHE)
@needs(MNE_DATA)
def test_four_classes(tmp_path):
    name = "eegnet.physionet_mi4_fold0"
    eegzoo("evaluate", name, *FISTS, "--json", "fists.json", cwd=tmp_path)
    feet = ["--data", "eegbci", "--subjects", 1, "--runs", "6,10,14", "--event-id", "feet=feet"]
    eegzoo("evaluate", name, *feet, "--json", "feet.json", cwd=tmp_path)
    fists, feet = (
        json.loads((tmp_path / f"{part}.json").read_text())["confusion"]
        for part in ("fists", "feet")
    )
    assert fists["labels"] == ["left_fist", "right_fist", "rest", "feet"]
    assert (fists["matrix"][0][0], sum(fists["matrix"][0])) == (18, 23)
    assert (fists["matrix"][1][1], sum(fists["matrix"][1])) == (16, 22)
    assert (feet["matrix"][3][3], sum(feet["matrix"][3])) == (19, 24)


@needs(CACHE)
@needs(MNE_DATA)
def test_other_labels_raise(tmp_path):
    feet = ["--data", "eegbci", "--subjects", 1, "--runs", "6,10,14"]
    done = eegzoo("evaluate", MI2, *feet, cwd=tmp_path)
    assert done.returncode == 2
    assert "right_fist; got events feet, fists, rest; --event-id" in done.stderr


# The same recordings stored differently give the same accuracy or an error.


def shuffled(raw):
    return raw.reorder_channels(list(np.random.default_rng(0).permutation(raw.ch_names)))


def scaled(factor):
    return lambda raw: raw.apply_function(lambda x: factor * x, picks="all")


def renamed(raw):
    return raw.rename_channels(lambda name: f"EEG {name.upper()}-REF")


def among_others(raw):
    """Add a channel that is not EEG, and one that the weights do not know."""
    extra = mne.io.RawArray(
        1e-5 * np.random.default_rng(0).standard_normal((2, raw.n_times)),
        mne.create_info(["EOG1", "A1"], raw.info["sfreq"], ["eog", "eeg"]),
        verbose="ERROR",
    )
    extra.set_meas_date(raw.info["meas_date"])
    return raw.add_channels([extra], force_update_info=True)


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """Return a function that saves changed recordings and returns the options to read them."""

    def store(change):
        options = []
        for recording in fetch_eegbci(1, [4, 8, 12]):
            path = tmp_path / f"run{recording.run}_raw.fif"
            raw = change(recording.raw.load_data(verbose="ERROR"))
            raw.save(path, fmt="double", verbose="ERROR")
            options += ["--raw", path.name]
        return options

    return store


@needs(CACHE)
@needs(MNE_DATA)
@pytest.mark.parametrize("change", [shuffled, renamed, lambda raw: raw], ids=lambda c: c.__name__)
@pytest.mark.parametrize(("name", "figure"), [(MI2, "0.956"), ("eegsym.mi_16", "0.933")])
def test_order_and_spelling_of_channels_do_not_change_the_accuracy(
    tmp_path, stored, change, name, figure
):
    done = eegzoo("evaluate", name, *stored(change), cwd=tmp_path)
    assert line_of(done) == f"accuracy {figure} on 45 windows"


@needs(CACHE)
@needs(MNE_DATA)
@pytest.mark.filterwarnings("ignore:channels .* are left out:eegzoo.data.SignalWarning")
def test_additional_channels_do_not_change_the_accuracy(tmp_path, stored):
    done = eegzoo("evaluate", MI2, *stored(among_others), cwd=tmp_path)
    assert line_of(done) == "accuracy 0.956 on 45 windows"
    assert done.stdout.startswith(
        f"{MI2}_fold0, the first fold\n"
    )  # the subject of a file is not known


@needs(CACHE)
@needs(MNE_DATA)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (scaled(1e3), "too large by a factor of about 1000: multiply by 0.001"),
        (scaled(1e6), "multiply by 1e-06"),
        (scaled(1e-3), "multiply by 1000"),
        (lambda raw: raw.resample(128.0), "expected sfreq of 160 Hz, got 128 Hz"),
        (lambda raw: raw.drop_channels(["Cz"]), "channels ['Cz'] are missing"),
    ],
    ids=["volts x 1000", "microvolts as volts", "millivolts as volts", "128 Hz", "no Cz"],
)
def test_a_recording_that_does_not_fit_the_weights_is_an_error(tmp_path, stored, change, message):
    done = eegzoo("evaluate", MI2, *stored(change), cwd=tmp_path)
    assert done.returncode == 2
    assert "accuracy" not in done.stdout
    *notes, line = done.stderr.strip().splitlines()
    assert message in line
    assert all("rest" in note or "subject each" in note for note in notes)


@needs(CACHE)
@needs(MNE_DATA)
@pytest.mark.parametrize("name", [MI2, "eegsym.mi_16"])
def test_a_wrong_unit_is_an_error_for_normalised_windows_too(tmp_path, stored, name):
    done = eegzoo("evaluate", name, *stored(scaled(1e3)), cwd=tmp_path)
    assert done.returncode == 2
    assert "multiply by 0.001" in done.stderr


@needs(CACHE)
@needs(MNE_DATA)
def test_resample_changes_the_sampling_rate(tmp_path, stored):
    options = stored(lambda raw: raw.resample(128.0))
    done = eegzoo("evaluate", MI2, *options, "--resample", cwd=tmp_path)
    assert line_of(done) == "accuracy 0.956 on 45 windows"


# Prediction.


@needs(CACHE)
@needs(MNE_DATA)
def test_predict_accepts_a_name(tmp_path):
    recording = next(MNE_DATA.rglob("S001R04.edf"))
    done = eegzoo("predict", MI2, recording, "--events", "T1,T2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == 15
    annotations = mne.io.read_raw_edf(recording, verbose="ERROR").annotations
    meant = {"T1": "left_fist", "T2": "right_fist"}
    true = [meant[text] for text in annotations.description if text in meant]
    assert np.mean([row["label"] == label for row, label in zip(rows, true, strict=True)]) > 0.9


@needs(CACHE)
def test_a_file_with_a_card_names_its_training_subjects(tmp_path):
    if not MNE_DATA.exists():
        pytest.skip("mne_data is not beside the clone")
    weights = find_weights(f"{MI2}_fold3")
    EEGClassifier.from_weights(weights).save(tmp_path / "mine.safetensors", card=weights.metadata)
    done = eegzoo("evaluate", "mine.safetensors", *FISTS, cwd=tmp_path)
    assert line_of(done) == "accuracy 0.978 on 45 windows"
    assert done.stderr.startswith("warning: mine.safetensors was trained on eegbci/S001")
