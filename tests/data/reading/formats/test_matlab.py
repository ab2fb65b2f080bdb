"""MATLAB arrays become a recording once they are named."""

import sys

import h5py
import numpy as np
import pytest
import scipy.io

from eegzoo.data import read_recording
from tests.cases.format_cases import NAMES, noise

X = 1e6 * noise(8, 500)
NAMED = {"data": "data", "sfreq": "fs"}


def write(path, **arrays):
    scipy.io.savemat(path, arrays, do_compression=True)
    return path


def write_hdf5(path, nested=False):
    """Write MATLAB 7.3: HDF5 after 512 bytes, arrays transposed, texts as numbers."""
    with h5py.File(path, "w", userblock_size=512) as file:
        group = file.create_group("EEG") if nested else file
        group["data"] = X.T
        group["fs"] = np.array([[250.0]])
        references = []
        for place, name in enumerate(NAMES):
            text = file.create_dataset(f"#refs#/{place}", data=np.array([[ord(c)] for c in name]))
            references.append(text.ref)
        cell = group.create_dataset("names", data=np.array([references]), dtype=h5py.ref_dtype)
        cell.attrs["MATLAB_class"] = np.bytes_("cell")
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    return path


def test_a_plain_mat_is_told_from_a_recording(tmp_path):
    path = write(tmp_path / "r.mat", data=X, fs=250.0)
    with pytest.raises(ValueError, match=r"arrays of numbers are data \(8 × 500\), fs") as caught:
        read_recording(path)
    assert "--reader-option data=NAME --reader-option sfreq=NAME or RATE" in str(caught.value)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("options", [NAMED, {"data": "data", "sfreq": 250}])
def test_named_arrays_are_a_recording_in_microvolts(tmp_path, options, transposed, caplog):
    path = write(tmp_path / "r.mat", data=X.T if transposed else X, fs=250.0)
    raw = read_recording(path, reader_options=options)
    assert (raw.info["sfreq"], raw.ch_names) == (250.0, [str(k) for k in range(1, 9)])
    np.testing.assert_allclose(raw.get_data(), 1e-6 * X)
    assert "taken as microvolts" in caplog.text


def test_names_and_unit_apply(tmp_path):
    names = np.array(NAMES, dtype=object)
    path = write(tmp_path / "r.mat", EEG={"data": X, "fs": 250, "chans": names})
    options = {"data": "EEG.data", "sfreq": "EEG.fs", "ch_names": "EEG.chans", "unit": "mV"}
    raw = read_recording(path, reader_options=options)
    assert raw.ch_names == list(NAMES)
    np.testing.assert_allclose(raw.get_data(), 1e-3 * X)


def test_names_decide_which_dimension_is_that_of_the_channels(tmp_path):
    path = write(tmp_path / "r.mat", data=X[:, :6].T, fs=250)  # 6 samples of 8 channels
    raw = read_recording(path, reader_options={**NAMED, "ch_names": list(NAMES)})
    np.testing.assert_allclose(raw.get_data(), 1e-6 * X[:, :6])


@pytest.mark.parametrize("nested", [False, True])
def test_a_file_of_matlab_7_3_is_read(tmp_path, nested):
    path = write_hdf5(tmp_path / "r.mat", nested)
    before = "EEG." if nested else ""
    options = {"data": f"{before}data", "sfreq": f"{before}fs", "ch_names": f"{before}names"}
    raw = read_recording(path, reader_options=options)
    assert raw.ch_names == list(NAMES)
    np.testing.assert_allclose(raw.get_data(), 1e-6 * X)


def test_without_h5py_the_line_that_installs_it_is_shown(tmp_path, monkeypatch):
    path = write_hdf5(tmp_path / "r.mat")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r"pip install eegzoo\[mat73\]"):
        read_recording(path, reader_options=NAMED)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"data": "dat", "sfreq": 250}, "expected data to be one of"),
        ({"data": "data", "sfreq": "data"}, "expected sfreq to be one positive number"),
        ({"data": "data", "sfreq": -1}, "expected sfreq to be one positive number"),
        ({"data": "fs", "sfreq": "fs"}, "expected data of shape"),
        ({**NAMED, "ch_names": ["C3"]}, "expected a name for each channel, got 1"),
        ({**NAMED, "unit": "fT"}, "expected unit to be V, mV, uV or nV, got 'fT'"),
        ({**NAMED, "chnames": "x"}, "unknown reader option 'chnames' for MATLAB"),
    ],
)
def test_wrong_options_are_named(tmp_path, options, match):
    path = write(tmp_path / "r.mat", data=X, fs=250.0)
    with pytest.raises(ValueError, match=match):
        read_recording(path, reader_options=options)
