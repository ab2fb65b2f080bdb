"""Responses, cross-spectra and patterns agree with SciPy, NumPy and scikit-learn."""

import numpy as np
import pytest
import torch
from scipy import signal
from sklearn.linear_model import LinearRegression

from eegzoo.report.model.cross_spectra import cross_spectra, frequency_response, haufe_patterns

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("hz", [5.0, 10.0, 31.0])
def test_response_is_what_a_convolution_of_torch_does_to_a_sine_wave(hz):
    kernel, t = RNG.normal(size=17), np.arange(400) / 100
    wave = torch.from_numpy(np.exp(2j * np.pi * hz * t))
    filtered = torch.nn.functional.conv1d(
        torch.stack([wave.real, wave.imag])[:, None], torch.from_numpy(kernel)[None, None]
    )[:, 0].numpy()
    factor = (filtered[0] + 1j * filtered[1]) / wave.numpy()[: filtered.shape[1]]
    (response,) = frequency_response(kernel[None], 100.0, np.array([hz]))
    np.testing.assert_allclose(factor, response[0], atol=1e-9)


@pytest.mark.parametrize("n_times", [256, 255])
def test_cross_spectra_add_up_to_the_covariance(n_times):
    mixing = RNG.normal(size=(3, 3))
    x = mixing @ RNG.normal(size=(400, 3, n_times))
    z = x[:, :2] * 0.5
    frequencies, spectra = cross_spectra(x, z, 100.0)
    assert frequencies[0] == pytest.approx(100 / n_times)
    expected = np.cov(np.hstack(list(x)))[:, :2] * 0.5
    np.testing.assert_allclose(spectra.real.sum(0), expected, atol=0.02 * abs(expected).max())


def test_spectrum_of_a_channel_is_that_of_scipy():
    x = RNG.normal(size=(50, 1, 200)).cumsum(-1)
    _, spectra = cross_spectra(x, x, 100.0)
    f, power = signal.periodogram(
        x[:, 0], 100.0, signal.windows.hann(200, sym=False), scaling="density"
    )
    # A density, times the distance of frequencies, is a power.
    np.testing.assert_allclose(spectra[:, 0, 0].real, power.mean(0)[1:] * f[1], rtol=1e-9)


def test_covariance_of_filtered_windows_follows_from_the_spectra():
    x = np.array([[1.0, 0.5], [0.0, 1.0]]) @ RNG.normal(size=(200, 2, 500)).cumsum(-1)
    kernel = signal.firwin(41, (8, 13), fs=100, pass_zero=False)
    frequencies, spectra = cross_spectra(x, x, 100.0)
    (response,) = frequency_response(kernel[None], 100.0, frequencies)
    found = np.tensordot(abs(response) ** 2, spectra.real, 1)
    filtered = np.apply_along_axis(np.convolve, -1, x, kernel, mode="valid")
    expected = np.cov(np.hstack(list(filtered)))
    np.testing.assert_allclose(found, expected, rtol=0.05)


def test_pattern_is_the_regression_of_the_channels_on_the_output():
    x = RNG.normal(size=(5, 5)) @ RNG.normal(size=(5, 1000))
    filters = RNG.normal(size=(3, 5))
    cov = np.cov(x)
    for filter_, pattern in zip(filters, haufe_patterns(cov, cov, filters), strict=True):
        s = filter_ @ x
        slopes = LinearRegression().fit(s[:, None], x.T).coef_[:, 0]
        np.testing.assert_allclose(pattern, slopes * s.std(ddof=1), rtol=1e-9)


def test_filter_without_output_has_no_pattern():
    assert (haufe_patterns(np.eye(2), np.eye(2), np.zeros((1, 2))) == 0).all()
