"""Temperatures are those of scikit-learn, and the exact ones where they are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from eegzoo.training.calibration.temperature import HIGHEST, LOWEST, fit_temperature


def make_outputs(n=400, n_classes=3, seed=0, scale=3.0):
    """Return logits that are too large by a factor of `scale`, and labels."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (n, n_classes))
    p = softmax(logits, axis=1)
    y = np.array([rng.choice(n_classes, p=row) for row in p])
    return scale * logits, y


class Given(ClassifierMixin, BaseEstimator):
    """Classifier whose logits are its input."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, X):
        return X

    def predict(self, X):
        return self.classes_[X.argmax(axis=1)]


def test_logits_that_are_too_large_are_divided_by_their_factor():
    outputs, y = make_outputs(n=20000)
    assert fit_temperature(outputs, y) == pytest.approx(3.0, rel=0.05)


def test_the_temperature_is_that_of_scikit_learn():
    outputs, y = make_outputs()
    frozen = FrozenEstimator(Given().fit(outputs, y))
    reference = CalibratedClassifierCV(frozen, method="temperature", ensemble=False).fit(outputs, y)
    ours = softmax(outputs / fit_temperature(outputs, y), axis=1)
    np.testing.assert_allclose(ours, reference.predict_proba(outputs), atol=2e-4)


def test_the_share_of_right_labels_is_the_probability_of_equal_logits():
    logits = np.array([[4.0, 0.0]] * 10)
    temperature = fit_temperature(logits, np.array([0] * 8 + [1] * 2))
    assert softmax(logits[0] / temperature)[0] == pytest.approx(0.8, abs=1e-5)


def test_a_weight_counts_as_often_as_the_window():
    outputs, y = make_outputs(n=60)
    weight = np.where(np.arange(60) < 20, 3.0, 1.0)
    repeated = np.concatenate([np.arange(60), np.arange(20), np.arange(20)])
    expected = fit_temperature(outputs[repeated], y[repeated])
    assert fit_temperature(outputs, y, weight) == pytest.approx(expected, rel=1e-4)


def test_outputs_that_are_never_wrong_give_the_lowest_temperature():
    y = np.array([0, 1])
    assert fit_temperature(np.eye(2) / 10, y) == pytest.approx(LOWEST, rel=1e-3)
    assert fit_temperature(-10 * np.eye(2), y) == pytest.approx(HIGHEST, rel=1e-3)


def test_several_labels_have_one_temperature():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (20000, 2))
    y = (rng.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(float)
    assert fit_temperature(2 * logits, y) == pytest.approx(2.0, rel=0.05)


@given(st.floats(0.2, 5.0), st.integers(0, 100))
def test_scaling_logits_scales_the_temperature(factor, seed):
    outputs, y = make_outputs(n=80, seed=seed, scale=1.0)
    one, other = fit_temperature(outputs, y), fit_temperature(factor * outputs, y)
    if min(one, other) > LOWEST * 1.1 and max(one, other) < HIGHEST / 1.1:
        assert other == pytest.approx(factor * one, rel=1e-3)
