"""Damage of a particular format that could pass for a valid file is refused."""

import gzip
import struct
import zlib

import mne
import pytest
import scipy.io

from eegzoo.data import read_recording
from tests.data.reading.test_damaged_files import assert_refused, write
from tests.data.reading.write_formats import CH_NAMES, FORMATS, SFREQ, signals, write_brainvision


def test_a_gdf_that_counts_fewer_records_than_it_holds_is_refused(tmp_path):
    data = signals()
    data[:, 900:] = 0  # zeros look like an empty table of events
    FORMATS["r.gdf"].write(tmp_path / "r.gdf", data)
    whole = (tmp_path / "r.gdf").read_bytes()
    (tmp_path / "r.gdf").write_bytes(whole[:236] + struct.pack("<q", 9) + whole[244:])
    assert_refused(tmp_path / "r.gdf", match="expected a table of 0 events")


def test_brainvision_without_a_count_that_ends_before_a_marker_is_read_with_a_warning(tmp_path):
    write_brainvision(tmp_path / "r.vhdr", signals(), points=False)
    file = tmp_path / "r.eeg"
    file.write_bytes(file.read_bytes()[: 500 * 8])
    with pytest.warns(RuntimeWarning, match=r"Omitted 1 annotation"):
        assert read_recording(tmp_path / "r.vhdr").n_times == 500


def test_brainvision_truncated_within_a_sample_is_refused_even_without_a_count(tmp_path):
    write_brainvision(tmp_path / "r.vhdr", signals(), points=False)
    file = tmp_path / "r.eeg"
    file.write_bytes(file.read_bytes()[: 900 * 8 + 4])
    assert_refused(tmp_path / "r.vhdr", match="expected samples of all 2 channels, got 7204 bytes")


def test_brainvision_text_that_is_not_a_number_is_refused(tmp_path):
    path = write(tmp_path, "text.vhdr")
    file = tmp_path / "text.eeg"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([*lines[:500], "1.0 x\n", *lines[501:]]))
    assert_refused(path)


def test_a_fif_of_zeros_is_refused_at_its_start(tmp_path):
    (tmp_path / "r_raw.fif").write_bytes(bytes(4000))
    assert_refused(tmp_path / "r_raw.fif", match="expected a file id as first tag, got .* kind 0")


def test_a_fif_truncated_before_compression_is_refused(tmp_path):
    whole = write(tmp_path, "r_raw.fif").read_bytes()
    (tmp_path / "cut_raw.fif.gz").write_bytes(gzip.compress(whole[:5000]))
    assert_refused(tmp_path / "cut_raw.fif.gz", match="expected a tag of 800 bytes")


def test_a_fif_truncated_between_two_buffers_is_refused(tmp_path):
    path = write(tmp_path, "r_raw.fif")
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(struct.pack(">iIi", 300, 4, 800), len(whole) // 2)])
    assert_refused(path, match="expected the end of each block, got 2 without one")


def test_fif_tags_that_point_backwards_are_refused(tmp_path):
    path = write(tmp_path, "r_raw.fif")
    whole = bytearray(path.read_bytes())
    at = whole.index(struct.pack(">iIi", 300, 4, 800), len(whole) // 2)  # a buffer of samples
    struct.pack_into(">i", whole, at + 12, 36)
    path.write_bytes(whole)
    assert_refused(path, match="expected a tag")


@pytest.mark.parametrize(("place", "value"), [(0, 0), (0, 299), (4, 2), (8, 400), (8, -1)])
def test_a_fif_buffer_with_an_altered_header_is_refused(tmp_path, place, value):
    path = write(tmp_path, "r_raw.fif")
    whole = bytearray(path.read_bytes())
    at = whole.index(struct.pack(">iIi", 300, 4, 800), len(whole) // 2)
    struct.pack_into(">i", whole, at + place, value)
    path.write_bytes(whole)
    assert_refused(path, match="expected")


@pytest.mark.parametrize(("n_skipped", "n_times"), [(1, 1100), (10**8, None)])
def test_a_pause_in_fif_is_read_unless_it_is_too_long(tmp_path, n_skipped, n_times):
    path = write(tmp_path, "r_raw.fif")
    whole = path.read_bytes()
    at = whole.index(struct.pack(">iIi", 300, 4, 800), len(whole) // 2)
    path.write_bytes(whole[:at] + struct.pack(">iIiii", 301, 3, 4, 0, n_skipped) + whole[at:])
    if n_times is None:
        assert_refused(path, match=r"expected 1 to \d+ samples in \d+ bytes, got 10000001000")
    else:
        assert read_recording(path).n_times == n_times


def test_every_part_of_a_split_fif_is_checked(tmp_path):
    info = mne.create_info(list(CH_NAMES), SFREQ, "eeg")
    raw = mne.io.RawArray(signals(400_000), info, verbose="ERROR")
    raw.save(tmp_path / "r_raw.fif", split_size="2MB", verbose="ERROR")
    assert read_recording(tmp_path / "r_raw.fif").n_times == 400_000
    second = tmp_path / "r_raw-1.fif"
    second.write_bytes(second.read_bytes()[:-2000])
    assert_refused(tmp_path / "r_raw.fif")


@pytest.mark.parametrize("kind", [0, 3, 8, 9, 10, 14, 15, 19, 200])
def test_numbers_of_another_type_in_a_matlab_file_are_refused(tmp_path, kind):
    path = write(tmp_path, "r.set")
    whole = bytearray(path.read_bytes())
    at = whole.index(struct.pack("<II", 7, 8000))  # 7: float32
    struct.pack_into("<I", whole, at, kind)
    path.write_bytes(whole)
    assert_refused(path, match="expected")


@pytest.mark.parametrize(
    ("place", "value"),
    [(-31, 8), (-32, 5), (-32, 1), (-32, 2), (-32, 99), (-36, 4), (-24, 9), (-20, 4), (-13, 128)],
    ids=["complex", "sparse", "cell", "structure", "no class", "short flags", "shape of doubles",
         "one dimension", "negative shape"],
)  # fmt: skip
def test_an_array_in_a_matlab_file_that_differs_from_its_flags_is_refused(tmp_path, place, value):
    path = write(tmp_path, "r.set")
    whole = bytearray(path.read_bytes())
    whole[whole.index(struct.pack("<II", 7, 8000)) + place] = value
    path.write_bytes(whole)
    assert_refused(path, match="expected")


@pytest.mark.parametrize(
    ("name", "place", "value", "message"),
    [("trials", -20, 4, "shape"), ("chanlocs", -16, 3, "expected 6 arrays .*, got 2")],
)
def test_an_array_with_a_wrong_shape_is_refused(tmp_path, name, place, value, message):
    path = write(tmp_path, "r.set")
    whole = bytearray(path.read_bytes())
    whole[whole.index(name.encode()) + place] = value
    path.write_bytes(whole)
    assert_refused(path, match=message)


@pytest.mark.parametrize(
    ("checksum", "message"), [(b"", "expected"), (b"\0\0\0\0", "incorrect data check")]
)
def test_a_damaged_array_is_refused_even_if_compressed(tmp_path, checksum, message):
    path = write(tmp_path, "nested.set")
    whole = path.read_bytes()
    variable = bytearray(zlib.decompress(whole[136:]))
    struct.pack_into("<I", variable, variable.index(struct.pack("<II", 7, 8000)), 200)
    packed = zlib.compress(variable)
    packed = packed[: len(packed) - len(checksum)] + checksum
    path.write_bytes(whole[:128] + struct.pack("<II", 15, len(packed)) + packed)
    assert_refused(path, match=message)


def test_a_matlab_file_of_version_4_is_refused(tmp_path):
    scipy.io.savemat(tmp_path / "r.set", {"data": signals()}, format="4", appendmat=False)
    assert_refused(tmp_path / "r.set", match="got a file of MATLAB 4")
