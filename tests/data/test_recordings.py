"""Recordings are read whatever their format, and their events found where they are."""

import mne
import numpy as np
import pytest

from eegzoo.data import label_events, read_recording

SFREQ = 100.0
CH_NAMES = ("C3", "Cz")


def signals(n_times=1000):
    """Two sines of 50 and 20 microvolts, in volts."""
    times = np.arange(n_times) / SFREQ
    return np.stack([5e-5 * np.sin(2 * np.pi * 7 * times), 2e-5 * np.cos(2 * np.pi * 3 * times)])


def write_fif(path, data):
    info = mne.create_info(list(CH_NAMES), SFREQ, "eeg")
    mne.io.RawArray(data, info, verbose="ERROR").save(path, verbose="ERROR")


def write_edf(path, data, bits=16, n_records=None):
    """Write EDF (16 bits) or BDF (24), in records of a second; the header is ASCII."""
    largest = 2 ** (bits - 1) - 1
    n_samples = round(SFREQ)
    n_signals, n_there = len(data), data.shape[1] // n_samples
    columns = [
        (CH_NAMES, 16), ([""] * n_signals, 80), (["uV"] * n_signals, 8),
        ([-100] * n_signals, 8), ([100] * n_signals, 8),
        ([-largest] * n_signals, 8), ([largest] * n_signals, 8),
        ([""] * n_signals, 80), ([n_samples] * n_signals, 8), ([""] * n_signals, 32),
    ]  # fmt: skip
    version = b"0".ljust(8) if bits == 16 else b"\xffBIOSEMI"
    start = f"{'X X X X':80}{'Startdate X X X X':80}01.01.2010.00.00"[:160] + "01.01.1001.00.00"
    size = f"{256 * (1 + n_signals):<8}{'' if bits == 16 else '24BIT':<44}"
    size += f"{n_there if n_records is None else n_records:<8}{1:<8}{n_signals:<4}"
    signal_headers = "".join(f"{value!s:<{width}}" for values, width in columns for value in values)
    numbers = np.round(data / 100e-6 * largest).astype("<i4")
    records = numbers.reshape(n_signals, n_there, n_samples).transpose(1, 0, 2)
    samples = np.ascontiguousarray(records)[..., None].view(np.uint8)[..., : bits // 8]
    path.write_bytes(version + (start + size + signal_headers).encode() + samples.tobytes())


def write_bdf(path, data):
    write_edf(path, data, bits=24)


def write_brainvision(path, data):
    stem = path.with_suffix("")
    (data.T * 1e6).astype("<f4").tofile(stem.with_suffix(".eeg"))
    channels = "\n".join(f"Ch{i}={name},,1,µV" for i, name in enumerate(CH_NAMES, start=1))
    head = "Brain Vision Data Exchange {} File, Version 1.0\n[Common Infos]\nCodepage=UTF-8\n"
    path.write_text(
        head.format("Header") + f"DataFile={stem.name}.eeg\nMarkerFile={stem.name}.vmrk\n"
        "DataFormat=BINARY\nDataOrientation=MULTIPLEXED\n"
        f"NumberOfChannels=2\nSamplingInterval={1e6 / SFREQ:g}\n"
        f"[Binary Infos]\nBinaryFormat=IEEE_FLOAT_32\n[Channel Infos]\n{channels}\n",
        encoding="utf-8",
    )
    stem.with_suffix(".vmrk").write_text(
        head.format("Marker") + f"DataFile={stem.name}.eeg\n[Marker Infos]\n"
        "Mk1=Stimulus,S  1,201,1,0\nMk2=Stimulus,S  2,601,1,0\n",
        encoding="utf-8",
    )


WRITERS = {
    "r_raw.fif": write_fif,
    "plainly named.fif": write_fif,
    "r.edf": write_edf,
    "r.bdf": write_bdf,
    "r.vhdr": write_brainvision,
}


def make_raw(descriptions=(), onsets=(), stim=None, first_samp=0, n_times=2000):
    data = np.random.default_rng(0).normal(0, 1e-5, (2, n_times))
    types = ["eeg", "eeg"]
    if stim is not None:
        data = np.vstack([data, np.zeros(n_times)])
        data[2, list(stim)] = list(stim.values())
        types.append("stim")
    info = mne.create_info([*CH_NAMES, "STI 014"][: len(types)], SFREQ, types)
    raw = mne.io.RawArray(data, info, first_samp=first_samp, verbose="ERROR")
    return raw.set_annotations(mne.Annotations(list(onsets), 0.0, list(descriptions)))


# Files.


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_is_read_in_volts(tmp_path, name):
    WRITERS[name](tmp_path / name, signals())
    raw = read_recording(tmp_path / name)
    assert raw.info["sfreq"] == SFREQ
    assert raw.ch_names[:2] == list(CH_NAMES)
    np.testing.assert_allclose(raw.get_data(verbose="ERROR")[:2], signals(), atol=5e-9)
    assert read_recording(str(tmp_path / name)).n_times == 1000  # a str is a path too


def test_markers_of_brainvision_are_events(tmp_path):
    write_brainvision(tmp_path / "r.vhdr", signals())
    raw = read_recording(tmp_path / "r.vhdr")
    events, event_id = label_events(raw, {"go": "Stimulus/S  1", "stop": "Stimulus/S  2"})
    assert event_id == {"go": 1, "stop": 2}
    assert events.tolist() == [[200, 0, 1], [600, 0, 2]]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such file: .*absent\.edf"):
        read_recording(tmp_path / "absent.edf")


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("damage", ["text", "empty", "short header", "zeroed header"])
def test_a_damaged_file_is_named(tmp_path, name, damage):
    path = tmp_path / name
    WRITERS[name](path, signals())
    whole = path.read_bytes()
    path.write_bytes(
        {
            "text": b"onset,label\n0.0,left\n",
            "empty": b"",
            "short header": whole[:100],
            "zeroed header": bytes(300) + whole[300:],
        }[damage]
    )
    with pytest.raises(ValueError, match="cannot be read as a recording") as caught:
        read_recording(path)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["folder.edf", "notes.txt", "no_suffix"])
def test_what_is_no_recording_is_named(tmp_path, name):
    path = tmp_path / name
    path.mkdir() if name.startswith("folder") else path.write_text("text")
    with pytest.raises(ValueError, match="cannot be read as a recording"):
        read_recording(path)


def test_a_brainvision_header_without_its_data_is_named(tmp_path):
    write_brainvision(tmp_path / "r.vhdr", signals())
    (tmp_path / "r.eeg").unlink()
    with pytest.raises(ValueError, match="cannot be read as a recording"):
        read_recording(tmp_path / "r.vhdr")


# Events.


def test_each_description_is_a_label():
    raw = make_raw(["right", "left", "right"], [5, 1, 9])
    events, event_id = label_events(raw)
    assert event_id == {"left": 1, "right": 2}
    assert events.tolist() == [[100, 0, 1], [500, 0, 2], [900, 0, 2]]


def test_event_id_chooses_and_renames_descriptions():
    raw = make_raw(["T0", "T1", "T2", "T1"], [1, 2, 3, 4])
    events, event_id = label_events(raw, {"fists": "T2", "feet": "T1"})
    assert event_id == {"fists": 1, "feet": 2}
    assert events.tolist() == [[200, 0, 2], [300, 0, 1], [400, 0, 2]]


@pytest.mark.parametrize("code", [int, str, np.int64])
def test_codes_of_a_stim_channel_are_chosen_as_numbers_or_text(code):
    raw = make_raw(stim={300: 7, 800: 12, 1200: 7})
    assert label_events(raw)[1] == {"12": 1, "7": 2}
    events, event_id = label_events(raw, {"left": code(7), "right": code(12)})
    assert event_id == {"left": 1, "right": 2}
    assert events.tolist() == [[300, 0, 1], [800, 0, 2], [1200, 0, 1]]


def test_a_stim_channel_is_found_beside_other_annotations():
    raw = make_raw(["recording starts"], [0.5], stim={300: 1, 800: 2})
    events, _ = label_events(raw, {"left": 1, "right": 2})
    assert events.tolist() == [[300, 0, 1], [800, 0, 2]]
    assert label_events(raw)[1] == {"recording starts": 1}


def test_an_annotation_wins_over_the_same_code():
    raw = make_raw(["1"], [5.0], stim={300: 1})
    assert label_events(raw, {"left": 1})[0].tolist() == [[500, 0, 1]]


@pytest.mark.parametrize("description", ["BAD_muscle", "bad", "Bad segment", "EDGE boundary"])
def test_bad_segments_and_edges_are_no_events(description):
    raw = make_raw(["left", description], [1, 5])
    assert label_events(raw)[1] == {"left": 1}
    with pytest.raises(ValueError, match=r"expected events .* got events \['left'\]"):
        label_events(raw, {"x": description})


@pytest.mark.parametrize("first_samp", [0, 1234])
def test_events_of_a_recording_that_starts_late_are_at_their_place(first_samp):
    raw = make_raw(["left", "right"], [4, 9], first_samp=first_samp)
    assert label_events(raw)[0][:, 0].tolist() == [first_samp + 400, first_samp + 900]


@pytest.mark.parametrize("dated", [False, True])
@pytest.mark.parametrize("stim", [None, {400: 1, 900: 2}], ids=["annotations", "stim"])
def test_events_of_a_cropped_recording_are_at_their_place(dated, stim):
    raw = make_raw(["1", "2"], [4, 9], stim) if stim is None else make_raw(stim=stim)
    if dated:
        raw.set_meas_date(1_000_000)
    raw._data[0] = 0
    raw._data[0, [400, 900]] = 1e-3  # a pulse at each event
    cropped = raw.copy().crop(2.5, 15.0)
    events, _ = label_events(cropped)
    assert cropped.first_samp == 250
    np.testing.assert_array_equal(cropped.get_data()[0, events[:, 0] - cropped.first_samp], 1e-3)
    assert label_events(raw.copy().crop(5.0))[0][:, 0].tolist() == [900]


@pytest.mark.parametrize("stim", [None, {}], ids=["no stim channel", "silent stim channel"])
def test_no_events_raise(stim):
    with pytest.raises(ValueError, match="expected annotations or a stim channel"):
        label_events(make_raw(["BAD_x"], [1], stim))


def test_all_missing_events_are_named():
    with pytest.raises(ValueError, match=r"expected events \['T3', '9'\], got events \['T1', 'T2'"):
        label_events(make_raw(["T1", "T2"], [1, 2]), {"a": "T1", "b": "T3", "c": 9})


def test_no_labels_raise():
    with pytest.raises(ValueError, match="expected event_id to hold labels"):
        label_events(make_raw(["T1"], [1]), {})


@pytest.mark.parametrize(
    ("descriptions", "event_id"),
    [(["T1", "press"], None), (["T1", "T2"], {"left": "T1", "links": "T1"})],
)
def test_two_labels_at_one_moment_raise(descriptions, event_id):
    with pytest.raises(ValueError, match=r"one label at a time, got '.*' and '.*' at 3 s"):
        label_events(make_raw(descriptions, [3, 3]), event_id)


def test_a_repeated_annotation_counts_once():
    assert label_events(make_raw(["T1", "T1"], [3, 3]))[0].tolist() == [[300, 0, 1]]
