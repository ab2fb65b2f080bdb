"""Real data sets are converted from `mne.io.Raw` to windows."""

import mne
import numpy as np
import pytest
from sklearn.model_selection import LeaveOneGroupOut

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Filter,
    Preprocessing,
    Recording,
    Scale,
    check_leakage,
    check_recording,
    fetch_eegbci,
    read_recording,
)
from tests.shared_data import MNE_DATA, SHARED, needs

SSVEP = SHARED / "data" / "ssvep_exo"
EEGMAT = SHARED / "data" / "eegmat" / "eegmat_60s_128hz_int16.npz"


def ssvep_recordings():
    """Yield recordings of two subjects with two sessions each, with events from separate files."""
    names = {1: "rest", 2: "13 Hz", 3: "21 Hz", 4: "17 Hz"}
    for path in sorted(SSVEP.glob("sub-0[12]_*_raw.fif")):
        raw = read_recording(path)
        events = mne.read_events(str(path).replace("_raw.fif", "-eve.fif"), verbose="ERROR")
        raw.set_annotations(
            mne.annotations_from_events(
                events, raw.info["sfreq"], names, raw.first_samp, raw.info["meas_date"]
            )
        )
        subject, session = path.name.removesuffix("_raw.fif").split("_")
        yield Recording(raw, subject, session, dataset="ssvep_exo")


def eegmat_recordings(n_subjects=3):
    """Yield recordings of rest and arithmetic, with an annotation every four seconds."""
    with np.load(EEGMAT) as arrays:
        info = mne.create_info(arrays["ch_names"].tolist(), float(arrays["sfreq"]), "eeg")
        for subject in range(n_subjects):
            for label in ("rest", "task"):
                volts = arrays[label][subject] * float(arrays["scale_uv"]) * 1e-6
                raw = mne.io.RawArray(volts, info, verbose="ERROR")
                raw.set_annotations(mne.Annotations(np.arange(0, 60, 4), 4.0, label))
                yield Recording(raw, f"{subject:02d}", run=label, dataset="eegmat")


@needs(SSVEP)
def test_a_data_set_in_another_unit_is_scaled():
    recordings = list(ssvep_recordings())
    window = [Filter(8.0, 45.0), Epoch(0.0, 5.0 - 1 / 256)]
    with pytest.raises(ValueError, match=r"multiply by 0\.001"):
        EpochsDataset.from_recordings(recordings, Preprocessing(window))
    dataset = EpochsDataset.from_recordings(recordings, Preprocessing([Scale(1e-3), *window]))
    assert dataset.shape == (4 * 32, 8, 1280)
    assert dataset.classes == ("13 Hz", "17 Hz", "21 Hz", "rest")
    assert sorted(set(dataset.groups("subject"))) == ["ssvep_exo/sub-01", "ssvep_exo/sub-02"]
    for train, test in LeaveOneGroupOut().split(dataset, groups=dataset.groups("subject")):
        check_leakage(dataset, train, test, apart="subject")
    with pytest.raises(ValueError, match="expected train and test to share no subject"):
        check_leakage(dataset, np.arange(32), np.arange(32, 128), apart="subject")


@needs(SSVEP)
def test_windows_have_the_most_power_at_their_flicker_frequency():
    preprocessing = Preprocessing([Scale(1e-3), Epoch(1.0, 5.0 - 1 / 256)])
    dataset = EpochsDataset.from_recordings(ssvep_recordings(), preprocessing)
    power = (np.abs(np.fft.rfft(dataset.X, axis=2)) ** 2).mean(axis=1)
    frequencies = np.fft.rfftfreq(dataset.shape[2], 1 / 256)
    power /= power[:, (frequencies > 8) & (frequencies < 45)].mean(axis=1, keepdims=True)
    for hertz in (13, 17, 21):
        at_both_harmonics = power[:, [hertz * 4, 2 * hertz * 4]].sum(axis=1)
        medians = {
            name: np.median(at_both_harmonics[dataset.labels == name]) for name in dataset.classes
        }
        assert max(medians, key=medians.get) == f"{hertz} Hz"


@needs(MNE_DATA)
def test_windows_of_eegmmidb_have_the_labels_of_their_run(monkeypatch):
    monkeypatch.setenv("MNE_DATA", str(MNE_DATA))
    recordings = fetch_eegbci(1, [4, 6, 8])
    dataset = EpochsDataset.from_recordings(recordings, Preprocessing([Epoch(0.0, 2.99375)]))
    assert dataset.shape[1:] == (64, 480)
    by_recording = {
        str(name): sorted(set(dataset.labels[dataset.groups("recording") == name]))
        for name in np.unique(dataset.groups("recording"))
    }
    fists = ["left_fist", "rest", "right_fist"]
    assert by_recording == {
        "eegbci/S001/1/4": fists,
        "eegbci/S001/1/6": ["feet", "fists", "rest"],
        "eegbci/S001/1/8": fists,
    }
    check_leakage(dataset, dataset.groups("recording") == "eegbci/S001/1/4",
                  dataset.groups("recording") != "eegbci/S001/1/4")  # fmt: skip


@needs(EEGMAT)
def test_arrays_in_microvolts_become_recordings_and_windows():
    recordings = list(eegmat_recordings())
    assert not [f for r in recordings for f in check_recording(r.raw) if f.fatal]
    preprocessing = Preprocessing([Filter(1.0, 40.0), Epoch(0.0, 4.0 - 1 / 128)])
    dataset = EpochsDataset.from_recordings(recordings, preprocessing)
    assert dataset.shape == (3 * 2 * 15, 19, 512)
    assert np.bincount(dataset.y).tolist() == [45, 45]
    assert 1 < np.median(dataset.X.std(axis=2)) < 50
    for train, test in LeaveOneGroupOut().split(dataset, groups=dataset.groups("subject")):
        check_leakage(dataset, train, test, apart="subject")
