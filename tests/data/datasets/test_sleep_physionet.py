"""Nights of Sleep-EDF have AASM stages of 30 s and are cropped to half an hour around sleep."""

import csv
import importlib

import mne
import numpy as np
import pytest

from eegzoo.data import Epoch, Preprocessing, fetch_sleep_physionet
from eegzoo.data.datasets.sleep_physionet import _nights
from tests.data.datasets.stand_ins import SLEEP_SFREQ, checksums_of, keep_data_in, write_night

WINDOWS = Preprocessing([Epoch(0, 30 - 1 / SLEEP_SFREQ)])

# Stages of the stand-in, cropped by 20 at the start and 9 at the end.
EXPECTED = (
    ["W"] * 60 + ["N1"] * 2 + ["N2"] * 3 + ["BAD_movement"] + ["N3"] * 3 + ["R"] * 2 + ["W"]
    + ["BAD_unscored", "N2"] + ["W"] * 60
)  # fmt: skip


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return a function that writes a night to the cache and registers its checksums."""
    known = {}
    keep_data_in(tmp_path, monkeypatch)
    monkeypatch.setattr("eegzoo.data.datasets.sleep_physionet.checksums", lambda *_: known)

    def fill(*names, **options):
        known.update(checksums_of(write_night(tmp_path, *names, **options), "sha1"))

    return fill


@pytest.fixture
def night(cache):
    cache()
    (recording,) = fetch_sleep_physionet(0, 1)
    return recording


def test_stages_are_those_of_the_aasm_with_30_s_each(night):
    assert night.raw.annotations.description.tolist() == EXPECTED
    np.testing.assert_array_equal(night.raw.annotations.duration, 30)
    onsets = night.raw.annotations.onset - night.raw.first_time
    np.testing.assert_allclose(onsets, 30 * np.arange(len(EXPECTED)))


def test_recordings_are_cropped_to_half_an_hour_around_sleep(night):
    assert night.raw.n_times == 30 * SLEEP_SFREQ * len(EXPECTED)
    numbers = 1e6 * night.raw.get_data("Fpz-Cz")[0, :: 30 * SLEEP_SFREQ]
    np.testing.assert_allclose(numbers, 20 + np.arange(len(EXPECTED)), atol=1e-6)


def test_a_night_with_less_than_half_an_hour_of_wake_is_not_cropped(cache):
    cache(runs=[("Sleep stage W", 2), ("Sleep stage 2", 3), ("Sleep stage W", 4)])
    (night,) = fetch_sleep_physionet(0, 1)
    assert night.raw.annotations.description.tolist() == ["W"] * 2 + ["N2"] * 3 + ["W"] * 4
    assert night.raw.n_times == 9 * 30 * SLEEP_SFREQ


def test_each_stage_is_one_window_and_bad_periods_have_none(night):
    epochs = WINDOWS.epochs(night.raw)
    names = {code: name for name, code in epochs.event_id.items()}
    good = [name for name in EXPECTED if not name.startswith("BAD")]
    assert [names[code] for code in epochs.events[:, 2]] == good
    assert epochs.ch_names == ["Fpz-Cz", "Pz-Oz"]
    windows = 1e6 * epochs.get_data()
    places = [20 + place for place, name in enumerate(EXPECTED) if name in good]
    expected = np.multiply.outer(places, [1, -1])[:, :, None]
    np.testing.assert_allclose(windows, np.broadcast_to(expected, windows.shape), atol=1e-6)


def test_channels_have_their_types(night):
    types = dict(zip(night.raw.ch_names, night.raw.get_channel_types(), strict=True))
    assert types == {
        "Fpz-Cz": "eeg", "Pz-Oz": "eeg", "EOG horizontal": "eog", "EMG submental": "emg",
        "Resp oro-nasal": "resp", "Temp rectal": "temperature", "Event marker": "misc",
    }  # fmt: skip


def test_subject_and_session_are_taken_from_the_file_names(cache):
    cache("SC4362F0-PSG.edf", "SC4362FC-Hypnogram.edf")
    cache("SC4001E0-PSG.edf", "SC4001EC-Hypnogram.edf")
    cache("SC4002E0-PSG.edf", "SC4002EC-Hypnogram.edf")
    nights = fetch_sleep_physionet(iter([36, 0]))
    assert [night.metadata["recording"] for night in nights] == [
        "sleep_physionet/SC436/2/1",
        "sleep_physionet/SC400/1/1",
        "sleep_physionet/SC400/2/1",
    ]


def test_the_temazepam_part_has_the_night_with_placebo(cache):
    cache("ST7022J0-PSG.edf", "ST7022JM-Hypnogram.edf")
    (night,) = fetch_sleep_physionet(1, part="temazepam")
    assert (night.subject, night.session) == ("ST702", "2")
    assert len(WINDOWS.epochs(night.raw)) == len(EXPECTED) - 2


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([("Sleep stage W", 5), ("Lights off", 1), ("Sleep stage 2", 1)], r"\['Lights off'\]"),
        ([("Sleep stage W", 5)], "expected sleep in .*SC4001EC-Hypnogram.edf, got none"),
    ],
)
def test_a_hypnogram_without_sleep_or_with_other_stages_raises(cache, runs, message):
    cache(runs=runs)
    with pytest.raises(ValueError, match=message):
        fetch_sleep_physionet(0, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"subjects": 83}, "expected subjects to be different numbers from 0 to 82"),
        ({"subjects": [0, 0]}, "expected subjects to be"),
        ({"subjects": []}, "expected subjects to be"),
        ({"subjects": "0"}, "expected subjects to be"),
        ({"subjects": [78, 5, 39]}, r"expected subjects that the data set has, got \[39, 78\]"),
        ({"subjects": 0, "recordings": 3}, "expected recordings to be"),
        (
            {"subjects": [13, 36, 52], "recordings": (1, 2)},
            "that the data set has, got 2 of subject 13, 1 of subject 36, 1 of subject 52",
        ),
        ({"subjects": 22, "part": "temazepam"}, "from 0 to 21"),
        (
            {"subjects": 0, "part": "temazepam", "recordings": 1},
            "recordings only with part 'age', got 1",
        ),
        ({"subjects": 0, "part": "cassette"}, "expected part to be one of"),
    ],
)
def test_unknown_subjects_and_nights_raise_before_anything_is_fetched(
    monkeypatch, arguments, message
):
    def refuse(*_, **__):
        raise AssertionError("something was fetched")

    monkeypatch.setattr(mne.datasets.sleep_physionet.age, "fetch_data", refuse)
    monkeypatch.setattr(mne.datasets.sleep_physionet.temazepam, "fetch_data", refuse)
    with pytest.raises((ValueError, TypeError), match=message):
        fetch_sleep_physionet(**arguments)


def test_nights_equal_those_in_mne():
    age = importlib.import_module("mne.datasets.sleep_physionet.age")
    with open(age.AGE_SLEEP_RECORDS, encoding="utf-8") as file:
        known = {(int(row["subject"]), int(row["night"])) for row in csv.DictReader(file)}
    subjects = sorted({subject for subject, _ in known})
    assert set(_nights(subjects, None)) == known
    assert len(subjects) == 78
    assert len(known) == 153
    for subject in set(range(83)).difference(subjects):
        with pytest.raises(ValueError, match=rf"has, got \[{subject}\]"):
            fetch_sleep_physionet(subject)
