"""Samples and windows that cannot be used, against loops over each sample."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eegzoo.sleep.inputs.unscored import (
    MAX_SHARE,
    WindowGrid,
    filled,
    unusable_samples,
    unusable_windows,
)
from eegzoo.sleep.inputs.usable_signals import without_windows

masks = arrays(bool, 95, elements=st.booleans())


@pytest.mark.parametrize(
    ("n_times", "sfreq", "n_windows", "rest"),
    [
        (6000, 100.0, 2, 0.0),
        (6001, 100.0, 2, 0.01),
        (2999, 100.0, 0, 29.99),
        (29991, 99.97, 10, 0.0),  # 29991.0 samples are 300 s
        (15360 * 3, 512.0, 3, 0.0),
        (3855 * 2, 128.5, 2, 0.0),
    ],
)
def test_grid_covers_whole_windows_and_the_rest(n_times, sfreq, n_windows, rest):
    grid = WindowGrid(n_times, sfreq, 30.0)
    assert (len(grid), grid.rest_seconds) == (n_windows, pytest.approx(rest, abs=0.006))
    assert len(grid.edges) == n_windows + 1
    assert np.diff(grid.edges) == pytest.approx(30 * sfreq, abs=1)


@given(masks, masks)
def test_windows_are_lost_by_the_share_of_their_samples(first, second):
    grid = WindowGrid(95, 1.0, 30.0)
    found = unusable_windows({"flat": first, "missing": second}, grid)
    for place, reason in enumerate(found):
        part = slice(30 * place, 30 * place + 30)
        lost = sum(a or b for a, b in zip(first[part], second[part], strict=True))
        assert (reason != "") == (lost > 30 * MAX_SHARE)
        if reason:
            most = "flat" if first[part].sum() >= second[part].sum() else "missing"
            assert reason == most


def runs_at_extremes(x):
    """Return the samples that are in runs of three or more at the extremes, by a loop."""
    found = [False] * len(x)
    for extreme in (max(x), min(x)):
        length = 0
        for place, value in enumerate([*x, None]):
            if value == extreme:
                length += 1
            else:
                if length >= 3:
                    found[place - length : place] = [True] * length
                length = 0
    return found


@given(arrays(np.float64, 40, elements=st.sampled_from([-2e-4, -1e-4, 0.0, 1e-4, 2e-4])))
def test_saturated_samples_are_runs_at_the_extremes(x):
    found = unusable_samples(x, 10.0, 1e-4)
    if np.ptp(x):
        assert found["saturated"].tolist() == runs_at_extremes(x.tolist())
    assert not (found["saturated"] & found["flat"]).any()


@pytest.mark.parametrize("gain", [1.0, 1e6])
def test_flat_follows_the_unit_of_the_recording(gain):
    rng = np.random.default_rng(0)
    x = gain * rng.normal(0, 2e-5, 1000)
    x[300:600] = 0.0
    found = unusable_samples(x, 100.0, gain * 1e-4)["flat"]
    assert np.flatnonzero(found).tolist() == list(range(300, 600))


def test_quiet_but_real_eeg_is_not_flat():
    # Low-voltage wakefulness, of 5 µV from peak to peak, beside slow waves of 200 µV.
    x = np.random.default_rng(0).normal(0, 1e-6, 1000)
    assert not unusable_samples(x, 100.0, 2e-4)["flat"].any()


@given(
    arrays(bool, 6, elements=st.booleans()).filter(np.any),
    st.sampled_from([4.0, 3.3, 7.51]),
)
def test_cut_out_windows_leave_the_others_and_no_step(kept, sfreq):
    n_times = round(6 * 2 * sfreq)
    signals = np.random.default_rng(0).normal(0, 1, (2, n_times))
    grid = WindowGrid(n_times, sfreq, 2.0)
    found = without_windows(signals, kept, grid)
    assert found.shape == (2, int(np.ceil(kept.sum() * 2 * sfreq - 1e-6)))
    # Differences between neighbours are those of the recording, or 0 at a cut.
    steps = np.unique(np.round(np.diff(signals[0]), 9))
    new = np.round(np.diff(found[0]), 9)
    assert np.isin(new[new != 0], steps).all()
    assert (new == 0).sum() <= kept.sum() + 1


@given(arrays(np.float64, 12, elements=st.sampled_from([np.nan, np.inf, 1.0, 2.0, 5.0])))
def test_lines_replace_what_is_not_finite(x):
    finite = np.isfinite(x)
    found = filled(x)
    assert np.isfinite(found).all()
    assert (found[finite] == x[finite]).all()
    if finite.any():
        places = np.arange(12)
        assert found == pytest.approx(np.interp(places, places[finite], x[finite]))
