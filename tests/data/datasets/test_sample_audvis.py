"""MNE's sample recording has its EEG and named events."""

import numpy as np
import pytest

from eegzoo.data import Epoch, Preprocessing, fetch_sample_audvis, label_events
from tests.data.datasets.stand_ins import SAMPLE_EVENTS, keep_data_in, write_sample


@pytest.fixture(params=[False, True], ids=["raw", "filtered"])
def filtered(request, tmp_path, monkeypatch):
    keep_data_in(tmp_path, monkeypatch)
    write_sample(tmp_path, request.param)
    return request.param


def test_eeg_is_kept_with_its_bad_channel_marked_and_meg_dropped(filtered):
    (recording,) = fetch_sample_audvis(filtered=filtered)
    raw = recording.raw
    assert raw.get_channel_types() == ["eeg"] * 60 + ["eog"]
    assert raw.info["bads"] == ["EEG 053"]
    assert raw.info["sfreq"] == pytest.approx(150.15 if filtered else 600.6)
    assert recording.metadata["recording"] == "sample_audvis/sample/1/1"


def test_projections_do_not_rereference_the_windows(filtered):
    (recording,) = fetch_sample_audvis(filtered=filtered)
    assert recording.raw.info["projs"] == []
    window = Preprocessing([Epoch(0, 0.1)], bads="keep").epochs(recording.raw).get_data()[0]
    start = min(SAMPLE_EVENTS)
    np.testing.assert_array_equal(window[:, 0], recording.raw.get_data("eeg")[:, start])


def test_codes_of_the_stim_channel_become_named_events(filtered):
    (recording,) = fetch_sample_audvis(filtered=filtered)
    events, codes = label_events(recording.raw)
    names = {code: name for name, code in codes.items()}
    found = {row[0] - recording.raw.first_samp: names[row[2]] for row in events}
    expected = ["aud_l", "aud_r", "vis_l", "vis_r", "smiley", "button"]
    assert found == dict(zip(SAMPLE_EVENTS, expected, strict=True))


def test_filtered_must_be_a_bool():
    with pytest.raises(TypeError, match="expected filtered to be True or False, got 'raw'"):
        fetch_sample_audvis(filtered="raw")
