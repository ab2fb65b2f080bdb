"""A damaged file is read in full or refused by name, without any other error."""

import math
import struct
import tracemalloc
import warnings

import numpy as np
import pytest

from eegzoo.data import label_events, read_recording
from tests.data.reading.write_formats import (
    FORMATS,
    signals,
    write_brainvision,
    write_edf,
    write_edf_plus,
    write_eeglab,
)

N_TIMES = 1000
every_format = pytest.mark.parametrize("name", FORMATS)
# These tests check the samples only, not MNE's warnings about an altered file.
without_warnings = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def write(folder, name, n_times=N_TIMES):
    FORMATS[name].write(folder / name, signals(n_times))
    return folder / name


def samples_of(path):
    """Return the file that holds the samples, which is the largest one."""
    return max(path.parent.iterdir(), key=lambda file: file.stat().st_size)


def assert_refused(path, match="cannot be read as a recording"):
    with pytest.raises(ValueError, match=match) as caught:
        read_recording(path)
    message = str(caught.value)
    assert message.startswith(f"{path} cannot be read as a recording: ")
    assert "\n" not in message


def read_or_refused(path):
    """Return the samples of a file, or None if it is refused with the right error."""
    try:
        raw = read_recording(path)
    except ValueError:
        assert_refused(path)
        return None
    data = raw.get_data()
    assert data.shape == (len(raw.ch_names), raw.n_times)
    assert 0 < raw.info["sfreq"] < math.inf
    try:
        label_events(raw)
    except ValueError as error:
        assert "expected" in str(error)  # noqa: PT017 (no events, or two at one sample)
    return data


def damages(whole, n, kind):
    """Yield the bytes of a file, damaged in `n` ways that are the same in each run."""
    rng = np.random.default_rng(0)
    # Half of the places are among the first bytes, because headers are short.
    places = [*rng.integers(min(len(whole), 1200), size=n // 2), *rng.integers(len(whole), size=n)]
    for at in map(int, places[:n]):
        n_bytes = min(int(rng.choice([1, 4, 16, 100, 1000])), len(whole) - at)
        span = {"zeroed": bytes(n_bytes), "random": rng.bytes(n_bytes), "cut": b""}[kind]
        yield whole[:at] + span + (b"" if kind == "cut" else whole[at + n_bytes :])


# Damage of any kind.


@without_warnings
@every_format
@pytest.mark.parametrize("kind", ["cut", "zeroed", "random"])
def test_a_damaged_file_is_read_in_full_or_refused(tmp_path, name, kind):
    path = write(tmp_path, name)
    for file in sorted(tmp_path.iterdir()):
        whole = file.read_bytes()
        for damaged in damages(whole, 16, kind):
            file.write_bytes(damaged)
            data = read_or_refused(path)
            assert data is None or data.shape[1] == N_TIMES
        file.write_bytes(whole)


@every_format
@pytest.mark.parametrize("left", [0.0, 0.3, 0.5, 0.9, 0.99])
def test_a_file_without_its_last_samples_is_refused(tmp_path, name, left):
    path = write(tmp_path, name, n_times=4000)
    file = samples_of(path)
    file.write_bytes(file.read_bytes()[: round(left * file.stat().st_size)])
    assert_refused(path)


# Altered bytes of compressed or text files are not valid numbers.
@without_warnings
@pytest.mark.parametrize(
    "name", sorted(FORMATS.keys() - {"r_raw.fif.gz", "nested.set", "text.vhdr"})
)
def test_altered_samples_change_nothing_else(tmp_path, name):
    path = write(tmp_path, name, n_times=4000)
    intact = read_recording(path).get_data()
    file = samples_of(path)
    whole, middle = file.read_bytes(), file.stat().st_size // 2
    file.write_bytes(whole[:middle] + b"\x2a" * 8 + whole[middle + 8 :])
    data = read_recording(path).get_data()
    assert data.shape == intact.shape
    assert 1 <= np.count_nonzero(data != intact) <= 8


@every_format
@pytest.mark.parametrize("damage", ["text", "empty", "short header", "zeroed header"])
def test_the_rest_of_a_file_is_refused(tmp_path, name, damage):
    path = write(tmp_path, name)
    whole = path.read_bytes()
    path.write_bytes(
        {
            "text": b"onset,label\n0.0,left\n",
            "empty": b"",
            "short header": whole[:100],
            "zeroed header": bytes(300) + whole[300:],
        }[damage]
    )
    assert_refused(path)


@pytest.mark.parametrize(("name", "beside"), [("r.vhdr", "r.eeg"), ("beside.set", "beside.fdt")])
@pytest.mark.parametrize("left", ["nothing", "empty"])
def test_a_header_without_its_samples_is_refused(tmp_path, name, beside, left):
    path = write(tmp_path, name)
    (tmp_path / beside).unlink() if left == "nothing" else (tmp_path / beside).write_bytes(b"")
    assert_refused(path)


# Counts in headers.

EDF_COUNTS = [(236, 8), (252, 4), (256 + 216 * 2, 8)]  # records, signals, samples per record
COUNTS = (
    [("r.edf", at, f"{n:<{width}}".encode()) for at, width in EDF_COUNTS
     for n in (0, 1, 3, 9, 11, 99, -2, 10 ** (width - 1))]
    + [("r.bdf", at, f"{n:<{width}}".encode()) for at, width in EDF_COUNTS
       for n in (0, 9, 11, 10 ** (width - 1))]
    + [(name, at, struct.pack("<" + kind, n)) for name in ("r.gdf", "first.gdf")
       for at, kind in [(236, "q"), (252, "H"), (256 + 216 * 2, "i"), (256 + 220 * 2, "i")]
       for n in (0, 1, 9, 11, 10**4)]
    + [("r.gdf", 236, struct.pack("<q", n)) for n in (-1, 10**9, 2**62)]
    + [("first.gdf", 252, struct.pack("<I", 10**9)), ("r.gdf", 4768 + 1, b"\xff\xff\xff")]
    + [("r.cnt", 370, struct.pack("<H", n)) for n in (0, 1, 3, 60000)]
    + [("r.cnt", 864, struct.pack("<i", n)) for n in (-1, 0, 999, 1001, 10**9)]
    + [("r.cnt", 886, struct.pack("<i", n)) for n in (-1, 0, 4000, 5051, 10**9)]
    + [("r.cnt", 894, struct.pack("<i", n)) for n in (3 * 2, 1024 * 2, 10**9)]
    + [("r.cnt", 5050 + 1, struct.pack("<i", n)) for n in (-1, 17, 10**9)]
    + [("r.raw", 0, struct.pack(">i", n)) for n in (0, 3, 8)]
    + [("r.raw", 22, struct.pack(">h", n)) for n in (-1, 0, 1, 3, 30000)]
    + [("r.raw", 30, struct.pack(">i", n)) for n in (-1, 0, 999, 1001, 10**9)]
    + [("r.raw", 34, struct.pack(">h", n)) for n in (-1, 0, 1, 3, 30000)]
)  # fmt: skip


@pytest.mark.parametrize(("name", "at", "count"), COUNTS)
def test_a_wrong_count_in_the_header_is_refused_with_little_memory(tmp_path, name, at, count):
    path = write(tmp_path, name)
    whole = path.read_bytes()
    assert whole[at : at + len(count)] != count
    path.write_bytes(whole[:at] + count + whole[at + len(count) :])
    tracemalloc.start()
    try:
        assert_refused(path, match="expected|Expected")
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("layout", ["MULTIPLEXED", "VECTORIZED"])
@pytest.mark.parametrize("field", ["NumberOfChannels=2", "DataPoints=1000"])
@pytest.mark.parametrize("count", ["1", "3", "1000000000"])
def test_a_wrong_count_of_brainvision_is_refused(tmp_path, layout, field, count):
    write_brainvision(tmp_path / "r.vhdr", signals(), layout=layout)
    header = (tmp_path / "r.vhdr").read_text(encoding="utf-8")
    header = header.replace(field, field.partition("=")[0] + "=" + count)
    (tmp_path / "r.vhdr").write_text(header, encoding="utf-8")
    assert_refused(tmp_path / "r.vhdr", match="expected")


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize(
    "counts", [{"pnts": 999.0}, {"pnts": 1001.0}, {"pnts": 1e9}, {"nbchan": 1e9, "chanlocs": []}]
)
def test_a_wrong_count_of_eeglab_is_refused(tmp_path, beside, counts):
    write_eeglab(tmp_path / "r.set", signals(), beside=beside, **counts)
    assert_refused(tmp_path / "r.set", match="expected")


def test_the_message_states_expected_and_found_sizes(tmp_path):
    path = write(tmp_path, "r.edf")
    path.write_bytes(path.read_bytes()[:-1])
    assert_refused(path, match=r"r\.edf .*: expected 10 records of 400 bytes, got 3999 bytes$")


# MNE's warnings.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"largest": -100}, "Physical range is not defined"),
        ({"labels": ("C3", "C3")}, "names are not unique"),
    ],
)
def test_warnings_that_may_matter_are_passed_on_with_the_file_name(tmp_path, options, message):
    write_edf(tmp_path / "r.edf", signals(), **options)
    with pytest.warns(RuntimeWarning, match=rf"r\.edf: .*{message}"):
        read_recording(tmp_path / "r.edf")


def test_an_event_outside_a_complete_signal_causes_a_warning(tmp_path):
    write_edf_plus(tmp_path / "r.edf", signals(), at=(200, 6000))
    with pytest.warns(RuntimeWarning, match=r"r\.edf: Omitted 1 annotation"):
        raw = read_recording(tmp_path / "r.edf")
    assert label_events(raw)[1] == {"left": 1}


@pytest.mark.parametrize(
    ("seconds", "message"),
    [
        (b"0", "seconds per record above 0, got 0"),
        (b"-1", "seconds per record of at least 0, got '-1'"),
        (b"nan", "seconds per record of at least 0, got 'nan'"),
    ],
)
def test_a_record_without_a_length_is_refused(tmp_path, seconds, message):
    path = write(tmp_path, "r.edf")
    whole = path.read_bytes()
    path.write_bytes(whole[:244] + seconds.ljust(8) + whole[252:])
    assert_refused(path, match=message)


def test_an_invalid_date_causes_no_warning(tmp_path):
    path = write(tmp_path, "r.edf")
    whole = path.read_bytes()
    path.write_bytes(whole[:168] + b"xx.xx.xx" + whole[176:])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_recording(path).info["meas_date"] is None
