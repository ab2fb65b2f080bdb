"""Alignment by person: what aligned windows are, and what they do not depend on."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from scipy.signal import butter, sosfiltfilt
from sklearn.preprocessing import StandardScaler

from eegzoo.data import AlignmentWarning, FittedAlignment, PersonAlignment
from eegzoo.data.preprocessing.by_person.covariance_means import riemannian_mean, signal_space
from eegzoo.data.preprocessing.by_person.person_alignment import METHODS, as_alignment
from eegzoo.data.preprocessing.by_person.window_moments import WindowMoments
from eegzoo.data.windows.lazy_windows import Windows

REFERENCE = np.load(Path(__file__).parents[3] / "reference" / "covariance_means.npz")
BANDS = ((4.0, 8.0), (8.0, 13.0), (13.0, 30.0))
every_method = pytest.mark.parametrize("method", METHODS)


def windows_of(seed=0, n_windows=12, n_chans=4, n_times=200, offset=50.0):
    """Return windows of mixed sources whose amplitudes vary from window to window."""
    rng = np.random.default_rng(seed)
    sources = rng.normal(size=(n_windows, n_chans, n_times))
    sources *= np.exp(rng.normal(0, 0.3, (n_windows, n_chans, 1)))
    mixing = rng.normal(size=(n_chans, n_chans)) * 20
    return mixing @ sources + offset * rng.normal(size=(n_chans, 1))


def covariances_of(X):
    """Return the covariance of each window about the mean of all."""
    centred = X - X.mean(axis=(0, 2), keepdims=True)
    return centred @ centred.transpose(0, 2, 1) / X.shape[-1]


def fit_transform(X, *arguments, **keywords):
    return PersonAlignment(*arguments, **keywords).fit(X).transform(X)


# The definitions


def test_zscore_is_that_of_scikit_learn():
    X = windows_of()
    rows = X.transpose(0, 2, 1).reshape(-1, X.shape[1])
    expected = StandardScaler().fit_transform(rows)
    found = fit_transform(X, "zscore").transpose(0, 2, 1).reshape(rows.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("method", ["euclid", "riemann"])
@pytest.mark.parametrize("case", ["few", "usual"])
@pytest.mark.filterwarnings("ignore::eegzoo.data.AlignmentWarning")
def test_matrix_equals_the_whitening_of_pyriemann(method, case):
    fitted = PersonAlignment(method, shrinkage=0.0).fit(REFERENCE[f"{case}_windows"])
    expected = REFERENCE[f"{case}_whitening_{method}"]
    assert fitted.n_left_out == 0
    np.testing.assert_allclose(fitted.matrix[0], expected, rtol=1e-5, atol=1e-9)


def test_shrinkage_is_towards_the_mean_variance():
    X = windows_of()
    covariance = covariances_of(X).mean(axis=0)
    target = np.trace(covariance) / 4 * np.eye(4)
    expected = np.linalg.inv(sqrtm(0.7 * covariance + 0.3 * target))
    fitted = PersonAlignment("euclid", shrinkage=0.3).fit(X)
    np.testing.assert_allclose(fitted.matrix[0], expected, rtol=1e-8)


def test_bands_are_whitened_apart_and_added():
    X = windows_of(n_times=512)
    expected = np.zeros_like(X)
    for band in BANDS:
        passed = sosfiltfilt(butter(4, band, "bandpass", output="sos", fs=128.0), X)
        expected += fit_transform(passed, "euclid") / np.sqrt(3)
    fitted = PersonAlignment("euclid", bands=BANDS).fit(X, 128.0)
    np.testing.assert_allclose(fitted.transform(X), expected, rtol=1e-6, atol=1e-8)


# What aligned windows are


@given(
    seed=st.integers(0, 10**6), n_chans=st.integers(1, 6), scale=st.sampled_from([1e-6, 1.0, 1e6])
)
@settings(max_examples=25, deadline=None)
def test_aligned_covariance_is_the_identity(seed, n_chans, scale):
    X = windows_of(seed, n_chans=n_chans) * scale
    euclid = covariances_of(fit_transform(X, "euclid", shrinkage=0.0))
    np.testing.assert_allclose(euclid.mean(axis=0), np.eye(n_chans), atol=1e-8)
    riemann = covariances_of(fit_transform(X, "riemann", shrinkage=0.0))
    np.testing.assert_allclose(riemannian_mean(riemann), np.eye(n_chans), atol=1e-6)
    zscore = covariances_of(fit_transform(X, "zscore"))
    np.testing.assert_allclose(np.diag(zscore.mean(axis=0)), 1, atol=1e-8)


@given(seed=st.integers(0, 10**6), method=st.sampled_from(METHODS))
@settings(max_examples=25, deadline=None)
def test_aligning_twice_is_aligning_once(seed, method):
    once = fit_transform(windows_of(seed), method, shrinkage=0.0)
    np.testing.assert_allclose(fit_transform(once, method, shrinkage=0.0), once, atol=1e-6)


@given(seed=st.integers(0, 10**6), method=st.sampled_from(METHODS))
@settings(max_examples=25, deadline=None)
def test_unit_offset_and_order_of_the_windows_do_not_matter(seed, method):
    X = windows_of(seed)
    aligned = fit_transform(X, method)
    np.testing.assert_allclose(fit_transform(X * 1e-6, method), aligned, atol=1e-6)
    np.testing.assert_allclose(fit_transform(X + 300.0, method), aligned, atol=1e-6)
    order = np.random.default_rng(seed).permutation(len(X))
    np.testing.assert_allclose(fit_transform(X[order], method), aligned[order], atol=1e-6)


@pytest.mark.parametrize("method", ["euclid", "riemann"])
def test_people_who_differ_by_their_head_are_equal_up_to_a_rotation(method):
    X = windows_of()
    other = np.random.default_rng(9).normal(size=(4, 4)) @ X
    first, second = (fit_transform(each, method, shrinkage=0.0) for each in (X, other))
    rotation = np.linalg.lstsq(np.hstack(first).T, np.hstack(second).T, rcond=None)[0]
    np.testing.assert_allclose(rotation.T @ rotation, np.eye(4), atol=1e-6)


@every_method
def test_windows_of_float32_stay_so(method):
    X = windows_of()
    single = PersonAlignment(method).fit(X.astype(np.float32)).transform(X.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, fit_transform(X, method), atol=1e-4)


# Directions without signal


@pytest.mark.parametrize("method", ["euclid", "riemann"])
@pytest.mark.parametrize("shrinkage", [0.0, 0.1])
@pytest.mark.parametrize("offset", [0.0, 1e5])
def test_average_reference_is_not_amplified(method, shrinkage, offset):
    X = windows_of(n_chans=6, offset=0.0) + offset * np.arange(-2.5, 3)[:, None]
    X = (X - X.mean(axis=1, keepdims=True)).astype(np.float32)
    fitted = PersonAlignment(method, shrinkage=shrinkage).fit(X)
    assert np.linalg.matrix_rank(fitted.matrix[0], tol=1e-9) == 5
    aligned = fitted.transform(X)
    assert np.abs(aligned.mean(axis=1)).max() < 0.01 * aligned.std()
    if shrinkage == 0 and method == "euclid":
        covariance = covariances_of(aligned.astype(np.float64)).mean(axis=0)
        np.testing.assert_allclose(covariance, np.eye(6) - 1 / 6, atol=1e-3)


@every_method
def test_interpolated_channel_adds_no_dimension(method):
    X = windows_of(n_chans=5)
    X[:, 4] = X[:, :4].mean(axis=1)
    aligned = fit_transform(X.astype(np.float32), method)
    assert np.abs(aligned).max() < 20


@every_method
def test_dead_channel_becomes_zero(method):
    X = windows_of()
    X[:, 2] = 7.0
    aligned = fit_transform(X, method)
    assert np.abs(aligned[:, 2]).max() < 1e-9
    alive = np.delete(aligned, 2, axis=1)
    np.testing.assert_allclose(alive, fit_transform(np.delete(X, 2, axis=1), method), atol=1e-6)


@pytest.mark.parametrize(("weak", "rank"), [(1e-9, 2), (1e-11, 1)])
def test_directions_are_told_from_rounding_by_their_share(weak, rank):
    assert signal_space(np.diag([1.0, weak])).shape == (2, rank)


def test_a_weak_channel_is_no_rounding_error():
    X = windows_of(offset=0.0)
    X[:, 2] *= 1e-5
    found = PersonAlignment("zscore").fit(X).transform(X)
    np.testing.assert_allclose(found[:, 2].std(), 1.0, rtol=1e-6)


# Bad windows


def test_the_offset_of_one_window_does_not_count_in_the_power_of_others():
    X = windows_of(offset=0.0)
    X[3] += 1e4
    moments = WindowMoments.of(X, None, None)
    others = np.delete(np.arange(12), 3)
    np.testing.assert_allclose(moments.power()[others], moments.variance()[others], rtol=0.2)


@every_method
def test_bad_windows_do_not_enter_the_statistics(method):
    X = windows_of(n_windows=20)
    bad = X.copy()
    bad[3] *= 1000.0
    bad[8] = 0.0
    bad[11, 1] = 50.0
    bad[15, 2] += np.linspace(-1e5, 1e5, X.shape[-1])
    good = np.delete(np.arange(20), [3, 8, 11, 15])
    fitted, expected = PersonAlignment(method).fit(bad), PersonAlignment(method).fit(X[good])
    assert (fitted.n_windows, fitted.n_left_out) == (16, 4)
    np.testing.assert_allclose(fitted.matrix, expected.matrix)
    np.testing.assert_allclose(fitted.mean, expected.mean)


# Causal use, lazy windows, files


@every_method
def test_first_windows_alone_are_used(method):
    X = windows_of(n_windows=20)
    fitted = PersonAlignment(method, first=8).fit(X)
    np.testing.assert_array_equal(fitted.matrix, PersonAlignment(method).fit(X[:8]).matrix)


class CountedWindows(Windows):
    def __init__(self, X):
        self.X, self.shape, self.read_rows = X, X.shape, []

    def read(self, indices):
        self.read_rows += indices.tolist()
        return self.X[indices]


@every_method
def test_windows_on_disk_are_read_once(method):
    X = windows_of(n_windows=150).astype(np.float32)
    lazy = CountedWindows(X)
    fitted = PersonAlignment(method).fit(lazy)
    assert lazy.read_rows == list(range(150))
    np.testing.assert_array_equal(fitted.matrix, PersonAlignment(method).fit(X).matrix)


@every_method
@pytest.mark.parametrize("bands", [None, BANDS])
def test_fitted_alignment_survives_json(method, bands):
    X = windows_of()
    fitted = PersonAlignment(method, bands=bands).fit(X, 128.0)
    again = FittedAlignment.from_dict(json.loads(json.dumps(fitted.to_dict())))
    np.testing.assert_array_equal(again.transform(X), fitted.transform(X))
    alignment = PersonAlignment(method, bands=bands, shrinkage=0.2, first=5)
    assert PersonAlignment.from_dict(json.loads(json.dumps(alignment.to_dict()))) == alignment


# Bad input


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"method": "pca"}, "expected method to be one of 'zscore', 'euclid', 'riemann'"),
        ({"shrinkage": 1.5}, "expected shrinkage to be"),
        ({"bands": ()}, "expected at least one band"),
        ({"bands": [(8, 4)]}, "upper edge of a band"),
        ({"bands": [4, 8]}, "pairs of frequencies"),
        ({"first": 1}, "expected first to be an integer of at least 2"),
    ],
)
def test_bad_argument_is_named(keywords, message):
    with pytest.raises(ValueError, match=message):
        PersonAlignment(**keywords)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (windows_of(n_windows=1), "expected at least 2 windows of a person to align, got 1"),
        (windows_of()[:0], "got 0"),
        (windows_of()[0], "expected windows of shape"),
        (np.zeros((5, 3, 100)), "expected windows that vary"),
        (np.where(np.arange(200) == 3, np.nan, windows_of()), "got NaN or infinity"),
    ],
)
@every_method
def test_windows_that_cannot_be_aligned_are_refused(method, X, message):
    with pytest.raises(ValueError, match=message):
        PersonAlignment(method).fit(X)


@pytest.mark.parametrize("n_windows", [2, 3])
def test_few_windows_warn(n_windows):
    with pytest.warns(AlignmentWarning, match=f"aligned by {n_windows} windows"):
        PersonAlignment().fit(windows_of(n_windows=n_windows))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PersonAlignment().fit(windows_of(n_windows=4))


def test_bands_need_a_rate_and_long_windows():
    alignment = PersonAlignment(bands=BANDS)
    with pytest.raises(ValueError, match="expected sfreq with bands"):
        alignment.fit(windows_of())
    with pytest.raises(ValueError, match="below half the sampling rate, 25 Hz"):
        alignment.fit(windows_of(), 50.0)
    with pytest.raises(ValueError, match="at least 28 samples"):
        alignment.fit(windows_of(n_times=27), 128.0)
    alignment.fit(windows_of(n_times=28), 128.0)


def test_short_windows_need_shrinkage_for_the_riemannian_mean():
    X = windows_of(n_chans=6, n_times=5)
    with pytest.raises(ValueError, match="expected shrinkage above 0"):
        PersonAlignment("riemann", shrinkage=0.0).fit(X)
    assert np.isfinite(fit_transform(X, "riemann")).all()


def test_other_number_of_channels_is_refused():
    fitted = PersonAlignment().fit(windows_of())
    with pytest.raises(ValueError, match=r"expected windows of shape \(n_windows, 4, n_times\)"):
        fitted.transform(windows_of(n_chans=3))


def test_unknown_descriptions_are_refused():
    described = PersonAlignment().to_dict()
    with pytest.raises(ValueError, match="expected an alignment with"):
        PersonAlignment.from_dict({**described, "recenter": True})
    with pytest.raises(ValueError, match="expected an alignment, got"):
        PersonAlignment.from_dict({**described, "shrinkage": "much"})
    with pytest.raises(ValueError, match="expected a fitted alignment with"):
        FittedAlignment.from_dict({"mean": [0.0]})
    with pytest.raises(ValueError, match="expected matrix of shape"):
        FittedAlignment(mean=[[0.0, 0.0]], matrix=[[[1.0]]], n_windows=3)
    with pytest.raises(TypeError, match="expected align to be a method's name"):
        as_alignment(3)
