"""Classical methods, cross-validated in the folds of a model."""

import mne
import numpy as np
import pytest
from mne.decoding import CSP

from eegzoo.data import EpochsDataset, SignalInfo, check_leakage
from eegzoo.data.windows.timeline import timeline_of
from eegzoo.report.comparison.baseline import (
    band_powers,
    baseline_folds,
    cross_validated_baselines,
    same_covariance,
)
from eegzoo.report.comparison.method_scores import plot_methods
from tests.report.figure_checks import check_figure


def windows(n=80, n_chans=4, seed=0):
    """Return windows whose second class has twice the amplitude at 10 Hz in the second channel."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % 2)
    X = rng.normal(0, 10, (n, n_chans, 200))
    X[:, 1 % n_chans] += (10 + 20 * y[:, None]) * np.sin(2 * np.pi * 10 * np.arange(200) / 100)
    return X, y


def dataset(X, y, **metadata):
    info = SignalInfo([f"E{place}" for place in range(X.shape[1])], 100.0, X.shape[2])
    return EpochsDataset(X, y, ["a", "b"], info, metadata)


def test_short_windows_have_the_patterns_of_long_ones():
    X, y = windows()
    X = X - X.mean(axis=2, keepdims=True)
    with mne.use_log_level("ERROR"):
        long = CSP(3, reg=0.05, rank="full", log=True).fit(X, y)
        short = CSP(3, reg=0.05, rank="full", log=True).fit(same_covariance(X), y)
        expected, found = long.transform(X), short.transform(same_covariance(X))
    # A constant of all windows, by which LDA is not changed.
    assert np.ptp(found - expected, axis=0).max() < 1e-5
    assert np.ptp(expected, axis=0).min() > 0.1


def test_covariances_of_channels_that_depend_on_each_other_are_kept():
    X, _ = windows()
    X[:, 2] = X[:, 1]
    X -= X.mean(axis=1, keepdims=True)
    short = same_covariance(X)
    np.testing.assert_allclose(np.cov(short[3], bias=True), np.cov(X[3], bias=True), atol=1e-4)


def test_band_power_is_that_of_a_sine_in_its_band_alone():
    x = 2 * np.sin(2 * np.pi * 10 * np.arange(200) / 100)[None, None] + 100
    powers = band_powers(x, 100.0)[0]
    assert powers.argmax() == 2  # alpha
    assert powers[2] == pytest.approx(10 * np.log10(2.0))
    assert powers[[0, 1, 3, 4]].max() < -50


def test_baselines_find_a_planted_band_and_never_see_the_test():
    X, y = windows()
    found = cross_validated_baselines(X, y, 100.0, baseline_folds(dataset(X, y)))
    scores = {one.name: (one.predicted == y).mean() for one in found}
    assert scores["CSP and LDA"] > 0.9
    assert scores["band power and LDA"] > 0.9
    assert scores["commonest class"] <= 0.5


def test_baselines_on_noise_are_at_chance():
    X, y = windows()
    noise = np.random.default_rng(1).normal(0, 10, X.shape)
    found = cross_validated_baselines(noise, y, 100.0, baseline_folds(dataset(noise, y)))
    assert max((one.predicted == y).mean() for one in found) < 0.7


def test_one_channel_has_no_spatial_patterns():
    X, y = windows(n_chans=1)
    found = cross_validated_baselines(X, y, 100.0, baseline_folds(dataset(X, y)))
    assert [one.name for one in found] == ["band power and LDA", "commonest class"]


def test_numbers_and_labels_have_baselines():
    X, y = windows()
    folds = baseline_folds(dataset(X, y), stratified=False)
    ridge, mean = cross_validated_baselines(X, 5.0 * y, 100.0, folds, "numbers")
    assert abs(ridge.predicted - 5.0 * y).mean() < 1 < abs(mean.predicted - 5.0 * y).mean()
    labels = np.stack([y, 1 - y, np.arange(80) % 4 == 0], axis=1).astype(int)
    several, none = cross_validated_baselines(X, labels, 100.0, folds, "labels")
    assert (several.predicted[:, 0] == y).mean() > 0.9
    assert not none.predicted.any()


def test_folds_are_of_subjects_and_leak_nothing():
    X, y = windows()
    subjects = np.repeat(["p", "q", "r"], [30, 30, 20])
    known = dataset(X, y, subject=subjects, recording=subjects, onset=np.arange(80) * 3.0)
    folds = baseline_folds(known)
    assert len(folds) == 3
    for training, test in folds:
        check_leakage(known, training, test, apart="subject")
    sliding = dataset(X, y, recording=["r"] * 80, onset=np.arange(80) * 0.5)
    for training, test in baseline_folds(sliding):
        assert not timeline_of(sliding).touches(training, test).any()


@pytest.mark.parametrize("y", [np.zeros(80, int), np.arange(80) == 3])
def test_too_few_windows_of_a_class_have_no_folds(y):
    X, _ = windows()
    assert baseline_folds(dataset(X, y.astype(int))) == []


def test_methods_have_their_folds_and_means():
    scores = {"eegnet": [0.7, 0.9], "CSP and LDA": [0.6, 0.6], "commonest class": [0.5, 0.5]}
    figure = plot_methods(scores, chance_limit=0.55)
    (axes,) = figure.axes
    means = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "D"]
    np.testing.assert_allclose(means, [0.8, 0.6, 0.5])
    assert [label.get_text() for label in axes.get_yticklabels()] == list(scores)
    check_figure(figure)
