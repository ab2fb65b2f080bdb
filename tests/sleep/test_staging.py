"""Staging of recordings with planted stages, gaps and faults."""

import datetime
import logging

import mne
import numpy as np
import pytest

from eegzoo.data.signal.signal_info import SignalWarning
from eegzoo.sleep import stage
from eegzoo.sleep.stages import UNSCORED
from tests.sleep.band_stager import SFREQ, BandStager, ReversedStager, planted

STAGES = ["W", "W", "N1", "N2", "N3", "N3", "N2", "R", "R", "W"]
SECOND = round(SFREQ)
DATE = datetime.datetime(2024, 3, 9, 22, 47, 30, tzinfo=datetime.UTC)


def recording(data, names=("C4-M1",), sfreq=SFREQ, meas_date=DATE):
    info = mne.create_info(list(names), sfreq, "eeg")
    with info._unlock():
        info["meas_date"] = meas_date
    return mne.io.RawArray(data, info, verbose="ERROR")


def staged(raw, **arguments):
    return stage(raw, BandStager(), **arguments)


def with_unscored(*places, stages=STAGES):
    return tuple(UNSCORED if place in places else name for place, name in enumerate(stages))


@pytest.mark.parametrize("stager", [BandStager(), ReversedStager()])
def test_planted_stages_are_found(stager):
    found = stage(recording(planted(STAGES)), stager)
    assert found.stages == tuple(STAGES)
    assert found.probabilities.max(axis=1).min() > 0.5
    assert (found.channels, found.model, found.meas_date) == (("C4-M1",), "bands", DATE)


def test_annotations_lie_at_the_windows():
    raw = recording(planted(STAGES))
    raw.set_annotations(staged(raw).to_annotations())
    assert raw.annotations.onset.tolist() == [30.0 * place for place in range(10)]
    later = recording(planted(STAGES)).crop(60.0)
    later.set_annotations(staged(later).to_annotations())
    assert (later.annotations.onset - later.first_time).tolist() == [30.0 * k for k in range(8)]
    assert later.annotations.description[0] == "Sleep stage N1"


@pytest.mark.parametrize("sfreq", [50.0, 99.97, 128.5, 256.0])
def test_any_sampling_rate_is_staged(sfreq):
    assert staged(recording(planted(STAGES, sfreq), sfreq=sfreq)).stages == tuple(STAGES)


def spoil(data, kind, start, stop):
    """Spoil a stretch in seconds of all channels."""
    part = data[:, round(start * SFREQ) : round(stop * SFREQ)]
    if kind == "missing":
        part[:] = np.nan
    elif kind == "flat":
        part[:] = data.mean()
    elif kind == "flat but for digital noise":
        part[:] = np.random.default_rng(0).integers(-1, 2, part.shape) * 1e-7
    elif kind == "saturated":
        data[:] = np.clip(data, -4e-5, 4e-5)
        part[:] = 4e-5
    elif kind == "saturated on both sides":
        data[:] = np.clip(data, -4e-5, 4e-5)
        square = np.arange(part.shape[1]) // 16 % 2
        part[:] = np.where(square, 4e-5, -4e-5)


KINDS = ["missing", "flat", "flat but for digital noise", "saturated", "saturated on both sides"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("start", "stop", "lost"), [(90, 120, [3]), (100, 130, [3, 4]), (0, 65, [0, 1, 2]),
     (295, 300, [9])]
)  # fmt: skip
def test_unusable_stretch_is_unscored_and_the_rest_is_staged(kind, start, stop, lost):
    data = planted(STAGES)
    spoil(data, kind, start, stop)
    found = staged(recording(data))
    assert found.stages == with_unscored(*lost)
    assert {found.reasons[place] for place in lost} == {kind.partition(" ")[0]}
    assert np.isnan(found.probabilities[lost]).all()
    assert f"unscored: {len(lost)} of 10 windows" in found.notes[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_one_second_does_not_spoil_a_window(kind):
    data = planted(STAGES)
    spoil(data, kind, 100, 101)
    assert staged(recording(data)).stages == tuple(STAGES)


@pytest.mark.parametrize("text", ["BAD_ACQ_SKIP", "BAD_movement"])
def test_stretch_that_is_marked_as_bad_is_unscored(text):
    raw = recording(planted(STAGES))
    raw.set_annotations(mne.Annotations([95.0], [20.0], [text], orig_time=raw.info["meas_date"]))
    found = staged(raw)
    assert (found.stages, found.reasons[3]) == (with_unscored(3), "marked as bad")
    cropped = staged(raw.crop(60.0))
    assert cropped.stages == with_unscored(1, stages=STAGES[2:])


def test_partial_last_window_is_unscored():
    raw = recording(planted(STAGES)[:, : -10 * SECOND])
    found = staged(raw)
    assert found.stages == (*STAGES[:-1], UNSCORED)
    assert (found.durations[-1], found.reasons[-1]) == (20.0, "shorter than a window")


def test_unusable_windows_are_not_seen_by_the_network():
    data = planted(STAGES)
    spoil(data, "flat", 90, 150)
    stager = BandStager()
    stage(recording(data), stager)
    assert stager.shapes == [(1, 8 * 30 * SECOND)]


def test_channel_that_is_flat_throughout_is_left_out():
    data = planted(STAGES, n_chans=3)
    data[1] = 0.0
    found = staged(recording(data, ["C4-M1", "F4-M1", "EOG left"]))
    assert found.stages == tuple(STAGES)
    assert found.channels == ("C4-M1", "EOG left")
    assert "left out: F4-M1: flat" in found.notes


def test_digital_noise_beside_real_channels_is_flat():
    data = planted(STAGES, n_chans=2)
    data[1] = np.random.default_rng(0).integers(-1, 2, data.shape[1]) * 1e-7
    assert staged(recording(data, ["C4-M1", "F4-M1"])).channels == ("C4-M1",)


def test_window_is_staged_with_the_derivations_that_can_be_used_there():
    data = planted(STAGES, n_chans=2)
    data[0, 90 * SECOND : 150 * SECOND] = 0.0
    stager = BandStager()
    found = stage(recording(data, ["C4-M1", "F4-M1"]), stager)
    assert found.stages == tuple(STAGES)
    assert sorted(stager.shapes) == [(1, 10 * 30 * SECOND), (2, 8 * 30 * SECOND)]
    assert "staged without C4-M1: 2 windows" in found.notes


def test_eyes_alone_are_not_staged_where_the_eeg_is_lost():
    data = planted(STAGES, n_chans=2)
    data[0, 90 * SECOND : 150 * SECOND] = 0.0
    assert staged(recording(data, ["C4-M1", "EOG left"])).stages == with_unscored(3, 4)


def test_derivation_is_computed_from_single_electrodes():
    data = planted(STAGES, n_chans=3)
    common = 1e-4 * np.sin(2 * np.pi * 5 * np.arange(data.shape[1]) / SFREQ)
    data[1] = 0.1 * data[1]
    raw = recording(data + common, ["C4", "M1", "ECG"])
    assert staged(raw, channels="C4").stages == ("N1",) * 10
    found = staged(raw)
    assert found.stages == tuple(STAGES)
    assert found.notes[0] == "derivations: C4-M1 (C4 minus M1)"


def test_bridged_electrodes_are_flat():
    data = np.repeat(planted(STAGES), 2, axis=0)
    with pytest.raises(ValueError, match=r"in every window: C4-M1 \(flat\)"):
        staged(recording(data, ["C4", "M1"]))


def test_a_network_of_one_channel_gets_the_best_derivation():
    raw = recording(planted(STAGES, n_chans=2), ["F4-M1", "C4-M1"])
    stager = BandStager(n_chans=1)
    found = stage(raw, stager)
    assert (found.channels, stager.shapes) == (("C4-M1",), [(1, raw.n_times)])


def test_a_network_of_several_channels_is_never_given_others():
    raw = recording(planted(STAGES, n_chans=2), ["F4-M1", "C4-M1"])
    with pytest.raises(ValueError, match=r"expected channels .* takes 2 .* has F4-M1, C4-M1"):
        stage(raw, BandStager(n_chans=2))
    with pytest.raises(ValueError, match="expected channels to be 2 for bands, got C4-M1"):
        stage(raw, BandStager(n_chans=2), channels="C4-M1")
    assert stage(raw, BandStager(n_chans=2), channels="C4,F4").channels == ("C4-M1", "F4-M1")
    trained = BandStager(n_chans=2)
    trained.ch_names = ("EEG F4-A1", "C4")
    assert stage(raw, trained).channels == ("F4-M1", "C4-M1")
    trained.ch_names = ("Fpz-Cz", "Pz-Oz")
    with pytest.raises(ValueError, match="expected a channel for 'Fpz-Cz', got the channels F4-M1"):
        stage(raw, trained)


def test_a_network_of_several_channels_needs_all_of_them():
    data = planted(STAGES, n_chans=2)
    data[1, 90 * SECOND : 120 * SECOND] = 0.0
    raw = recording(data, ["C4-M1", "F4-M1"])
    found = stage(raw, BandStager(n_chans=2), channels="C4-M1,F4-M1")
    assert found.stages == with_unscored(3)
    data[1] = 0.0
    with pytest.raises(ValueError, match="expected 2 channels for bands, got C4-M1"):
        stage(recording(data, ["C4-M1", "F4-M1"]), BandStager(n_chans=2), channels="C4-M1,F4-M1")


@pytest.mark.parametrize(
    ("off", "on", "in_bed"),
    [(30.0, 240.0, 3.5), ("22:48", "22:51:30", 3.5), ("30", None, 4.5), (None, "22:48:30", 1.0),
     (DATE.replace(minute=48, second=0), None, 4.5), ("2024-03-09 22:48:00", None, 4.5)],
)  # fmt: skip
def test_statistics_count_between_lights_off_and_lights_on(off, on, in_bed):
    found = staged(recording(planted(STAGES)), lights_off=off, lights_on=on)
    assert found.statistics().time_in_bed == in_bed
    assert len(found) == 10


def test_lights_by_the_clock_after_midnight():
    raw = recording(planted(STAGES), meas_date=DATE.replace(hour=23, minute=58))
    found = staged(raw, lights_off="00:00:30")
    assert found.lights_off == 120.0


def test_cropped_recording_keeps_its_clock():
    raw = recording(planted(STAGES)).crop(60.0)
    found = staged(raw, lights_off="22:49:00")
    assert found.lights_off == 30.0


@pytest.mark.parametrize("lights", ["22:40", 301.0, -1.0, "late", DATE.replace(year=2023)])
def test_impossible_lights_are_refused(lights):
    with pytest.raises(ValueError, match="expected lights_off"):
        staged(recording(planted(STAGES)), lights_off=lights)


def test_clock_needs_a_date():
    with pytest.raises(ValueError, match="lights_on in seconds, because the recording has no date"):
        staged(recording(planted(STAGES), meas_date=None), lights_on="06:00")


def test_wrong_inputs_are_refused():
    raw = recording(planted(["W"]))
    with pytest.raises(ValueError, match="at least one window of 30 s, got 20 s"):
        staged(raw.copy().crop(0, 20, include_tmax=False))
    with pytest.raises(TypeError, match="expected raw to be a recording of MNE, got ndarray"):
        staged(raw.get_data())
    with pytest.raises(TypeError, match="expected model to be a name, a file or a Stager, got 3"):
        stage(raw, 3)
    with pytest.raises(ValueError, match=r"in every window: C4-M1 \(flat\)"):
        staged(recording(np.zeros((1, 4000))))


def test_wrong_unit_is_said():
    with pytest.warns(SignalWarning, match="multiply by 1e-06"):
        found = staged(recording(1e6 * planted(STAGES)))
    assert found.stages == tuple(STAGES)


def test_notes_are_logged(caplog):
    with caplog.at_level(logging.INFO, logger="eegzoo.sleep"):
        staged(recording(planted(STAGES), ["EEG C4-A1"]))
    assert "derivations: C4-M1 (EEG C4-A1)" in caplog.text
