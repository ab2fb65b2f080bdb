"""Each fault of a recording is found by channel, without false alarms."""

import mne
import numpy as np
import pytest

from eegzoo.data import SignalInfo, check_against, check_recording, fetch_eegbci
from tests.shared_data import MNE_DATA, needs

NAMES = ("Fz", "C3", "Cz", "C4", "Pz", "EOG")


def make_raw(change=None, sfreq=250.0, n_seconds=20):
    """Coloured noise of 20 microvolts."""
    rng = np.random.default_rng(0)
    data = np.cumsum(rng.normal(0, 1, (len(NAMES), round(sfreq * n_seconds))), axis=1)
    data -= mne.filter.filter_data(data, sfreq, None, 0.5, verbose="ERROR")
    data *= 20e-6 / data.std(axis=1, keepdims=True)
    if change is not None:
        change(data)
    types = ["eeg"] * 5 + ["eog"]
    return mne.io.RawArray(data, mne.create_info(list(NAMES), sfreq, types), verbose="ERROR")


def found(raw):
    return {finding.kind: finding for finding in check_recording(raw)}


def flat(data):
    data[1, 1000:] = 3e-6


def nan(data):
    data[[0, 3], 17] = np.nan, np.inf


def clipped(data):
    np.clip(data[2], -15e-6, 15e-6, out=data[2])


def copied(data):
    data[4] = 2 * data[1] + 1e-5


def mains(data):
    data[3] += 1e-4 * np.sin(2 * np.pi * 50 * np.arange(data.shape[1]) / 250)


def other_mains(data):
    data[3] += 1e-4 * np.sin(2 * np.pi * 60 * np.arange(data.shape[1]) / 250)


def microvolts(data):
    data *= 1e6


def nan_in_eog(data):
    data[5] = np.nan


@pytest.mark.parametrize(
    ("change", "kind", "channels", "fatal"),
    [
        (flat, "flat", ("C3",), False),
        (nan, "nan", ("Fz", "C4"), True),
        (clipped, "clipped", ("Cz",), False),
        (copied, "duplicated", ("C3", "Pz"), False),
        (mains, "mains", ("C4",), False),
        (other_mains, "mains", ("C4",), False),
        (microvolts, "unit", (), True),
    ],
)
def test_each_fault_is_found_alone_and_by_channel(change, kind, channels, fatal):
    findings = found(make_raw(change))
    assert list(findings) == [kind]
    assert findings[kind].channels == channels
    assert findings[kind].fatal is fatal


@pytest.mark.parametrize("change", [None, nan_in_eog])
def test_an_intact_recording_has_no_findings(change):
    assert check_recording(make_raw(change)) == []


def test_several_faults_are_found_together():
    def all_of_them(data):
        for change in (flat, mains, clipped):
            change(data)

    assert found(make_raw(all_of_them)).keys() == {"flat", "mains", "clipped"}


def test_a_wrong_unit_is_reported_with_its_factor():
    assert "multiply by 1e-06" in found(make_raw(microvolts))["unit"].message


@pytest.mark.parametrize("change", [lambda data: data.fill(0.0), lambda data: data.fill(np.nan)])
def test_a_recording_without_a_signal_is_reported(change):
    assert found(make_raw(change)).keys() < {"flat", "nan"}


@pytest.mark.parametrize("sfreq", [64.0, 100.0])
def test_mains_above_nyquist_are_not_checked(sfreq):
    assert check_recording(make_raw(sfreq=sfreq)) == []


def test_very_short_recordings_can_be_checked():
    assert check_recording(make_raw().crop(0, 0.1)) == []


def test_no_eeg_raises():
    with pytest.raises(ValueError, match=r"expected EEG channels, got .*eog"):
        check_recording(make_raw().pick("eog"))


@pytest.mark.parametrize(
    ("info", "sfreq", "kinds"),
    [
        (SignalInfo(["C4", "EEG C3"], 250.0, 500), 250.0, []),
        (SignalInfo(["C4", "O1", "O2"], 250.0, 500), 250.0, ["channels"]),
        (SignalInfo(["C4"], 128.0, 256), 250.0, ["sfreq"]),
        (SignalInfo(["C4"], 128.0, 256), 128.0, []),
        (SignalInfo(["C4"], 250.0, 6000), 250.0, ["length"]),
        (SignalInfo(["O1"], 100.0, 6000), 250.0, ["channels", "sfreq", "length"]),
    ],
)
def test_each_mismatch_with_a_model_is_found(info, sfreq, kinds):
    findings = check_against(make_raw(), info, sfreq)
    assert [finding.kind for finding in findings] == kinds
    assert all(finding.fatal for finding in findings)


def test_two_names_of_one_channel_are_found():
    raw = make_raw().rename_channels({"C3": "T3", "C4": "T7"})
    (finding,) = check_against(raw, SignalInfo(["Cz"], 250.0, 500), 250.0)
    assert "the same channel" in finding.message


@needs(MNE_DATA)
def test_real_recordings_have_no_findings(monkeypatch):
    monkeypatch.setenv("MNE_DATA", str(MNE_DATA))
    for recording in fetch_eegbci(1, [4, 6]):
        assert check_recording(recording.raw) == []
