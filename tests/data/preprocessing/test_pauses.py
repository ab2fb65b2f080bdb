"""Filters begin anew where a recording was interrupted, which MNE 1.13.2 does for its own edges."""

import contextlib
import itertools

import mne
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eegzoo.data import Epoch, EpochsDataset, Filter, Notch, Preprocessing, Recording
from eegzoo.data.preprocessing.pauses import pauses_marked

SFREQ = 100.0
STEPS = [Filter(1.0, 40.0), Filter(2.0, None, method="iir"), Notch([20.0])]


def make_raw(name, duration=0.0, date=None):
    """Return 40 s with a step of 500 microvolts at 20 s, where there is a mark."""
    data = 1e-5 * np.random.default_rng(0).standard_normal((2, 4000))
    data[:, 2000:] += 5e-4
    raw = mne.io.RawArray(data, mne.create_info(["C3", "C4"], SFREQ, "eeg"), verbose="ERROR")
    raw.set_meas_date(date)
    return raw.set_annotations(
        mne.Annotations([0.0, 20.0, 21.0, 30.0], [0.0, duration, 0.0, 0.0], ["a", name, "a", "a"])
    )


def filtered_alone(step, raw, start, stop):
    """Return samples of a recording, filtered as if there were no others."""
    part = raw.get_data(start=start, stop=stop)
    return step.apply(mne.io.RawArray(part, raw.info, verbose="ERROR")).get_data()


@pytest.mark.parametrize("crop", [0.0, 2.0])
@pytest.mark.parametrize("date", [None, 0])
@pytest.mark.parametrize("name", ["boundary", "New Segment/", "EDGE boundary", "rec start"])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.code("raw"))
def test_parts_are_filtered_as_if_they_were_alone(step, name, date, crop):
    raw = make_raw(name, date=date).crop(crop)
    place = round((20.0 - crop) * SFREQ)
    parts = [filtered_alone(step, raw, *part) for part in ((0, place), (place, None))]
    before = raw.annotations.copy()
    found = step.apply(raw)
    np.testing.assert_allclose(found.get_data(), np.hstack(parts), rtol=0, atol=1e-15)
    assert found.annotations == before


def test_the_duration_of_a_boundary_is_what_was_cut_out():
    """EEGLAB's boundary lasts as long as what is no longer there."""
    found = Filter(1.0, None).apply(make_raw("boundary", duration=5.0))
    expected = Filter(1.0, None).apply(make_raw("boundary"))
    np.testing.assert_array_equal(found.get_data(), expected.get_data())


@pytest.mark.parametrize("name", ["BAD_ACQ_SKIP", "bad_gap"])
def test_what_a_gap_was_filled_with_is_not_filtered(name):
    raw = make_raw(name, duration=5.0)
    found = Filter(1.0, None).apply(raw.copy()).get_data()
    np.testing.assert_array_equal(found[:, 2000:2500], raw.get_data()[:, 2000:2500])
    for start, stop in ((0, 2000), (2500, 4000)):
        expected = filtered_alone(Filter(1.0, None), raw, start, stop)
        np.testing.assert_allclose(found[:, start:stop], expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.code("raw"))
@given(st.data())
@settings(max_examples=30)
def test_pauses_may_be_anywhere(step, data):
    """MNE's own edges at one place, or at the first sample, stop its IIR filters."""
    starts = st.sampled_from([0, 100, 700, 2000, 2010, 2100, 3800, 4000])
    names = st.sampled_from(["boundary", "EDGE boundary", "BAD boundary", "BAD_ACQ_SKIP", "edge"])
    pauses = data.draw(
        st.lists(st.tuples(names, starts, st.sampled_from([0, 10, 100])), max_size=5)
    )
    raw = make_raw("a").set_annotations(None)
    usable = np.ones(4001, bool)
    cuts = {0, 4000}
    for name, start, n_times in pauses:
        raw.annotations.append(start / SFREQ, n_times / SFREQ, name)
        cuts.add(start)
        if "boundary" not in name and name != "edge":
            usable[start : start + n_times] = False
            cuts.add(min(start + n_times, 4000))
    found = step.apply(raw.copy()).get_data()
    for start, stop in itertools.pairwise(sorted(cuts)):
        part = raw.get_data(start=start, stop=stop)
        if usable[start]:
            part = filtered_alone(step, raw, start, stop)
        np.testing.assert_allclose(found[:, start:stop], part, rtol=0, atol=1e-15)


def test_other_annotations_are_no_edges():
    raw = make_raw("comment")
    plain = make_raw("comment").set_annotations(None)
    found = Filter(1.0, None).apply(raw).get_data()
    np.testing.assert_array_equal(found, Filter(1.0, None).apply(plain).get_data())


def test_windows_beside_a_boundary_have_no_step_in_them():
    dataset = EpochsDataset.from_recordings(
        [Recording(make_raw("boundary"), "S0")],
        Preprocessing([Filter(1.0, 40.0), Epoch(0.0, 2.0)]),
        event_id={"a": "a"},
    )
    assert len(dataset) == 3
    assert np.abs(dataset.X).max() < 50.0


def test_edges_are_removed_after_an_error():
    raw = make_raw("boundary")
    with contextlib.suppress(ZeroDivisionError), pauses_marked(raw):
        assert len(raw.annotations) == 5
        _ = 1 / 0
    assert raw.annotations.description.tolist() == ["a", "boundary", "a", "a"]
