"""How far around a sample the steps of a classifier reach."""

import mne
import numpy as np
import pytest

from eegzoo.data import Filter, Notch
from eegzoo.sleep.streams.segment_processing import _filter_reaches


@pytest.mark.parametrize("edges", [(0.3, 35.0), (0.5, None), (None, 30.0)])
def test_a_fir_filter_reaches_half_its_length(edges):
    taps = mne.filter.create_filter(None, 100.0, *edges, verbose="ERROR")
    before, after = _filter_reaches(Filter(*edges), 100.0)
    assert before == after
    assert len(taps) // 2 - 2 <= after <= len(taps) // 2


def test_a_notch_reaches_as_far_on_both_sides():
    before, after = _filter_reaches(Notch([50.0]), 256.0)
    assert before == after > 256


def test_a_filter_that_runs_forwards_needs_no_later_sample():
    before, after = _filter_reaches(Filter(0.3, 35.0, method="forward"), 100.0)
    assert after == 0
    assert before > 1000


@pytest.mark.parametrize("method", ["fir", "iir", "forward"])
def test_samples_beyond_the_reach_have_no_influence(method):
    step, sfreq = Filter(0.5, 30.0, method=method), 100.0
    before, after = _filter_reaches(step, sfreq)
    x = np.random.default_rng(0).standard_normal((1, 2 * (before + after) + 1))
    place = before + after

    def filtered(data):
        raw = mne.io.RawArray(data.copy(), mne.create_info(1, sfreq, "eeg"), verbose="ERROR")
        return step.apply(raw).get_data()[0]

    segment = x[:, place - before : place + after + 1]
    assert filtered(segment)[before] == pytest.approx(filtered(x)[place], abs=1e-7)
