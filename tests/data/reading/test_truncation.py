"""What is complete in a truncated file is read on request."""

import numpy as np
import pytest

from eegzoo.data import read_recording
from tests.data.reading.write_formats import FORMATS, SFREQ, signals

KEPT = ["r.edf", "plus.edf", "r.bdf", "r.gdf", "r.vhdr", "beside.set"]
NOT_KEPT = ["r_raw.fif", "r_raw.fif.gz", "r.cnt", "r.raw"]


def truncate(folder, name, share):
    FORMATS[name].write(folder / name, signals(4000))
    file = max(folder.iterdir(), key=lambda each: each.stat().st_size)
    file.write_bytes(file.read_bytes()[: round(share * file.stat().st_size)])
    return folder / name


@pytest.mark.filterwarnings("ignore:.*Omitted:RuntimeWarning")
@pytest.mark.parametrize("share", [0.3, 0.5, 0.93])
@pytest.mark.parametrize("name", KEPT)
def test_complete_samples_are_kept(tmp_path, name, share):
    path = truncate(tmp_path, name, share)
    with pytest.raises(ValueError, match="cannot be read as a recording"):
        read_recording(path)
    raw = read_recording(path, truncated="keep")
    assert 4000 * share - 3 * SFREQ < raw.n_times <= 4000 * share
    data = raw.get_data()[:2]
    np.testing.assert_allclose(
        data, signals(4000)[:, : raw.n_times], rtol=0, atol=0.51 * FORMATS[name].step
    )


@pytest.mark.parametrize("name", KEPT)
def test_an_intact_file_is_read_in_full(tmp_path, name, caplog):
    path = truncate(tmp_path, name, 1.0)
    assert read_recording(path, truncated="keep").n_times == 4000
    assert not caplog.text


@pytest.mark.parametrize("name", NOT_KEPT)
def test_other_formats_say_that_they_are_not_kept(tmp_path, name):
    path = truncate(tmp_path, name, 0.5)
    with pytest.raises(ValueError, match="expected truncated='keep' with a file in"):
        read_recording(path, truncated="keep")


def test_a_file_without_samples_is_refused(tmp_path):
    path = truncate(tmp_path, "r.edf", 0.01)
    with pytest.raises(ValueError, match="cannot be read as a recording"):
        read_recording(path, truncated="keep")


def test_other_values_are_refused(tmp_path):
    with pytest.raises(ValueError, match="truncated"):
        read_recording(truncate(tmp_path, "r.edf", 1.0), truncated="yes")
