"""Bad stretches are those whose description says so, at their place in the signal."""

import mne
import numpy as np
import pytest

from eegzoo.data import Epoch, Preprocessing
from eegzoo.data.signal.bad_stretches import bad_spans


def make_raw(description, first_samp=0, date=None):
    rng = np.random.default_rng(0)
    data = 1e-5 * rng.standard_normal((2, 2000))
    data[:, 520:560] = np.nan
    info = mne.create_info(["C3", "C4"], 100.0, "eeg")
    raw = mne.io.RawArray(data, info, first_samp, verbose="ERROR").set_meas_date(date)
    onset = 5.1 if date is None else 5.1 + raw.first_time
    raw.set_annotations(mne.Annotations(onset, 0.7, description, raw.info["meas_date"]))
    raw.annotations.append(raw.first_time + np.array([2.0, 5.0, 9.0]), 0.0, "go")
    return raw


@pytest.mark.parametrize("date", [None, 0])
@pytest.mark.parametrize("first_samp", [0, 321])
def test_a_stretch_is_where_it_is_in_cropped_and_dated_recordings(first_samp, date):
    raw = make_raw("BAD_lost", first_samp, date)
    np.testing.assert_allclose(bad_spans(raw), [(5.1, 5.8)], atol=1e-9)
    assert len(Preprocessing([Epoch(0, seconds=1)]).epochs(raw, {"go": "go"})) == 2


def test_lost_samples_in_a_condition_that_only_begins_like_a_mark_raise():
    raw = make_raw("badge")
    assert bad_spans(raw) == []
    with pytest.raises(ValueError, match="NaN or infinity in channels"):
        Preprocessing([Epoch(0, seconds=1)]).epochs(raw, {"badge": "badge"})
