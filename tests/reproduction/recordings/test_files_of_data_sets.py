"""Files as their publishers have them are read like the stored copies."""

import os

import edfio
import mne
import numpy as np
import pytest

from eegzoo.reproduction.catalogue import data_sources
from eegzoo.reproduction.recordings import dreams, eegmat, fingermovements, scored_nights, ssvep_exo
from eegzoo.reproduction.recordings.folders import MissingDataError, data_directory, mne_data


def edf(path, signals, sfreq, names):
    """Write microvolts (n_chans, n_samples) to an EDF file."""
    edfio.Edf(
        [
            edfio.EdfSignal(
                signal, sfreq, label=name, physical_dimension="uV", physical_range=(-500, 500)
            )
            for signal, name in zip(signals, names, strict=True)
        ]
    ).write(path)


def test_eegmat_takes_the_last_minute_of_rest_and_the_first_of_arithmetic(tmp_path, monkeypatch):
    monkeypatch.setattr(eegmat, "N_SUBJECTS", 1)
    folder = tmp_path / "eegmat"
    folder.mkdir()
    names = [f"EEG {name}" for name in reversed(eegmat.CH_NAMES)]
    for number, seconds in ((1, 182), (2, 62)):
        t = np.arange(seconds * 500) / 500
        early = np.where(t < seconds - 60 if number == 1 else t < 60, 10.0, 100.0)
        signals = np.stack([early * np.sin(2 * np.pi * 10 * t)] * len(names))
        edf(folder / f"Subject00_{number}.edf", signals, 500, names)
    found = eegmat.load(data_sources()["eegmat"], tmp_path)
    assert [(each.subject, each.run) for each in found] == [("00", "rest"), ("00", "task")]
    for recording, amplitude in zip(found, (100.0, 10.0), strict=True):
        raw = recording.raw
        assert raw.ch_names == list(eegmat.CH_NAMES)
        assert (raw.info["sfreq"], raw.n_times) == (128.0, 60 * 128)
        assert 1e6 * np.abs(raw.get_data()[:, 128:-128]).max() == pytest.approx(amplitude, rel=0.02)
        assert len(raw.annotations) == 15
    assert set(found[1].raw.annotations.description) == {"arithmetic"}


@pytest.mark.parametrize("with_file", [True, False], ids=["event file", "stim channel"])
def test_ssvep_exo_as_on_zenodo(tmp_path, with_file):
    folder = tmp_path / "ssvep_exo"
    folder.mkdir()
    info = mne.create_info(["O1", "Oz", "stim"], 256.0, ["eeg", "eeg", "stim"])
    data = np.zeros((3, 10 * 256))
    data[:2] = 1e-2 * np.random.default_rng(0).standard_normal((2, data.shape[1]))
    events = np.array([[256, 0, 1], [1280, 0, 4]])
    data[2, events[:, 0]] = events[:, 2]
    raw = mne.io.RawArray(data, info, verbose="ERROR")
    raw.save(folder / "subject01_run2_raw.fif", verbose="ERROR")
    raw.save(folder / "subject07_run1_raw.fif", verbose="ERROR")  # not among the first six
    if with_file:
        mne.write_events(folder / "subject01_run2-eve.fif", events, verbose="ERROR")
    (found,) = ssvep_exo.load(data_sources()["ssvep_exo"], tmp_path)
    assert (found.subject, found.session) == ("01", "2")
    assert found.raw.annotations.description.tolist() == ["rest", "17hz"]
    np.testing.assert_allclose(found.raw.annotations.onset, [1.0, 5.0])


def test_dreams_as_on_zenodo(tmp_path, monkeypatch):
    monkeypatch.setattr(dreams, "N_EXCERPTS", 1)
    folder = tmp_path / "dreams_spindles"
    folder.mkdir()
    generator = np.random.default_rng(0)
    signals = 50 * generator.uniform(-1, 1, size=(2, 100 * 60))
    edf(folder / "excerpt1.edf", signals, 100, ["FP1-A1", "C3-A1"])
    (folder / "Hypnogram_excerpt1.txt").write_text("[hypnogram]\n5\n5\n3\n2\n", encoding="utf-8")
    (found,) = dreams.load(data_sources()["dreams"], tmp_path)
    assert (found.sfreq, found.steps.tolist()) == (100.0, [5, 5, 3, 2])
    np.testing.assert_allclose(1e6 * found.volts[0], signals[1], atol=0.01)


def test_night_is_annotated_with_the_scoring_beside_it(tmp_path):
    folder = tmp_path / "nsrr"
    folder.mkdir()
    edf(folder / "one.edf", np.zeros((1, 100 * 120)), 100, ["C4-M1"])
    edf(folder / "unscored.edf", np.zeros((1, 100 * 120)), 100, ["C4-M1"])
    (folder / "one.txt").write_text("W\nN1\nN2\nN2\n", encoding="utf-8")
    (found,) = scored_nights.load(data_sources()["nsrr"], tmp_path)
    assert found.raw.annotations.description.tolist() == ["W", "N1", "N2", "N2"]


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (dreams, "dreams"), (eegmat, "eegmat"), (fingermovements, "fingermovements"),
        (scored_nights, "nsrr"), (ssvep_exo, "ssvep_exo"),
    ],
)  # fmt: skip
def test_empty_folder_is_an_error_with_the_address(module, name, tmp_path):
    source = data_sources()[name]
    (tmp_path / source.folder).mkdir()
    with pytest.raises(MissingDataError, match=r"is not available: no .*Get it from https://"):
        module.load(source, tmp_path)


def test_directory_is_the_given_one_or_that_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("EEGZOO_DATA", raising=False)
    assert data_directory(None) is None
    monkeypatch.setenv("EEGZOO_DATA", str(tmp_path))
    assert data_directory(None) == tmp_path
    assert data_directory(tmp_path.parent) == tmp_path.parent


def test_fetchers_look_in_the_directory_and_their_errors_name_the_licence(tmp_path, monkeypatch):
    monkeypatch.setenv("MNE_DATA", "before")
    (tmp_path / "mne_data").mkdir()
    with mne_data(data_sources()["eegbci"], tmp_path):
        assert os.environ["MNE_DATA"] == str(tmp_path / "mne_data")
    no_network = pytest.raises(MissingDataError, match=r"no network.*ODC-By")
    with no_network, mne_data(data_sources()["eegbci"], tmp_path):
        raise OSError("no network")
    assert os.environ["MNE_DATA"] == "before"
