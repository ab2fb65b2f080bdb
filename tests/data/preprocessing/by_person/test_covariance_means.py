"""Means of covariances equal pyRiemann's, and have the properties that define them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import eigh, fractional_matrix_power, sqrtm

from eegzoo.data.preprocessing.by_person.covariance_means import (
    inverse_square_root,
    riemannian_mean,
    shrunk,
    signal_space,
)

REFERENCE = np.load(Path(__file__).parents[3] / "reference" / "covariance_means.npz")
CASES = ("few", "usual", "dispersed")


def covariances_of(windows):
    centred = windows - windows.mean(axis=(0, 2), keepdims=True)
    return centred @ centred.transpose(0, 2, 1) / windows.shape[-1]


def random_covariances(seed, n_matrices=5, n_chans=3, spread=1.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_matrices, n_chans, 4 * n_chans))
    x *= np.exp(rng.normal(0, spread, (n_matrices, n_chans, 1)))
    return x @ x.transpose(0, 2, 1)


@pytest.mark.parametrize("case", CASES)
def test_means_equal_those_of_pyriemann(case):
    covariances = covariances_of(REFERENCE[f"{case}_windows"])
    np.testing.assert_allclose(covariances.mean(axis=0), REFERENCE[f"{case}_euclid"], rtol=1e-10)
    found = riemannian_mean(covariances)
    np.testing.assert_allclose(found, REFERENCE[f"{case}_riemann"], rtol=1e-6)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("metric", ["euclid", "riemann"])
def test_whitening_equals_that_of_pyriemann(case, metric):
    found = inverse_square_root(REFERENCE[f"{case}_{metric}"])
    # Its own mean ends at a tolerance of 1e-8.
    expected = REFERENCE[f"{case}_whitening_{metric}"]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9)


def test_mean_of_two_matrices_is_the_middle_of_their_geodesic():
    a, b = random_covariances(0, n_matrices=2)
    root = sqrtm(a)
    inverse = np.linalg.inv(root)
    expected = root @ fractional_matrix_power(inverse @ b @ inverse, 0.5) @ root
    np.testing.assert_allclose(riemannian_mean(np.stack([a, b])), expected, rtol=1e-8)


@given(seed=st.integers(0, 10**6), spread=st.floats(0.0, 2.0))
@settings(max_examples=25, deadline=None)
def test_logarithms_about_the_riemannian_mean_add_up_to_zero(seed, spread):
    covariances = random_covariances(seed, spread=spread)
    mean = riemannian_mean(covariances)
    logs = []
    for covariance in covariances:
        values, vectors = eigh(covariance, mean)  # of mean^-1 covariance
        logs.append((vectors * np.log(values)) @ np.linalg.inv(vectors))
    np.testing.assert_allclose(np.mean(logs, axis=0), 0, atol=1e-7)


@given(seed=st.integers(0, 10**6), exponent=st.integers(-12, 12))
@settings(max_examples=25, deadline=None)
def test_riemannian_mean_does_not_depend_on_unit_order_and_mixing(seed, exponent):
    covariances = random_covariances(seed)
    mean = riemannian_mean(covariances)
    unit = 10.0**exponent
    np.testing.assert_allclose(riemannian_mean(covariances * unit) / unit, mean, rtol=1e-6)
    np.testing.assert_allclose(riemannian_mean(covariances[::-1]), mean, rtol=1e-6)
    mixing = np.random.default_rng(seed).normal(size=(3, 3))
    mixed = riemannian_mean(mixing @ covariances @ mixing.T)
    scale = np.abs(mixing @ mean @ mixing.T).max()
    np.testing.assert_allclose(mixed, mixing @ mean @ mixing.T, atol=1e-6 * scale)


def test_inverse_of_the_mean_is_the_mean_of_the_inverses():
    covariances = random_covariances(1)
    inverses = riemannian_mean(np.linalg.inv(covariances))
    np.testing.assert_allclose(np.linalg.inv(riemannian_mean(covariances)), inverses, rtol=1e-6)


def test_start_does_not_change_the_mean():
    covariances = random_covariances(2)
    found = riemannian_mean(covariances, start=np.eye(3))
    np.testing.assert_allclose(found, riemannian_mean(covariances), rtol=1e-7)


def test_singular_matrix_is_refused():
    singular = np.stack([np.eye(2), np.diag([1.0, 0.0])])
    with pytest.raises(ValueError, match="expected positive definite covariances"):
        riemannian_mean(singular)


def test_iteration_that_does_not_end_warns():
    with pytest.warns(RuntimeWarning, match="not found in 1 steps"):
        riemannian_mean(random_covariances(3, spread=2.0), max_iter=1)


def test_shrinkage_keeps_the_mean_variance():
    covariances = random_covariances(4)
    for shrinkage in (0.0, 0.3, 1.0):
        found = shrunk(covariances, shrinkage)
        trace = np.trace(covariances, axis1=1, axis2=2)
        np.testing.assert_allclose(np.trace(found, axis1=1, axis2=2), trace)
    np.testing.assert_allclose(found[0], np.eye(3) * trace[0] / 3)


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_rank_does_not_depend_on_the_unit(scale):
    centring = np.eye(5) - 1 / 5
    covariance = centring @ np.diag([1.0, 2.0, 3.0, 4.0, 5e4]) @ centring
    basis = signal_space(covariance * scale)
    assert basis.shape == (5, 4)
    np.testing.assert_allclose(basis.T @ np.ones(5), 0, atol=1e-10)


def test_directions_below_the_noise_are_left_out():
    assert signal_space(np.diag([1.0, 1e-3, 1e-5]), noise=1e-4).shape == (3, 2)
    assert signal_space(np.zeros((3, 3))).shape == (3, 0)
