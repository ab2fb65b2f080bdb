"""SeqSleepNet: spectrogram, its statistics, filters and padding."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from scipy import signal as scipy_signal

from eegzoo.models import create_model
from eegzoo.models.seqsleepnet import _triangles


def build(n_chans=1, n_times=3000, sfreq=100, **options):
    sizes = {"n_chans": n_chans, "n_times": n_times, "n_outputs": 5, "sfreq": sfreq}
    return create_model("seqsleepnet", **sizes, **options).eval()


def test_spectra_are_scipys():
    x = 20 * np.random.default_rng(0).standard_normal((3, 2, 3000))
    _, _, density = scipy_signal.spectrogram(
        x, 100, window=scipy_signal.get_window("hamming", 200), noverlap=100, nfft=256,
        detrend="constant", scaling="density", mode="psd",
    )  # fmt: skip
    expected = 20 * np.log10(density + np.finfo(float).eps)
    found = build(2).double().spectra(torch.from_numpy(x))
    assert found.shape == (3, 2, 29, 129)
    np.testing.assert_allclose(found.transpose(2, 3), expected, atol=1e-9)
    single = build(2).spectra(torch.from_numpy(x).float())
    np.testing.assert_allclose(single.transpose(2, 3), expected, atol=1e-2)


def test_constant_windows_have_no_rounding_error():
    found = build().spectra(torch.full((1, 1, 3000), 37.3))
    torch.testing.assert_close(found, torch.full_like(found, 20 * np.log10(np.finfo(float).eps)))


def test_fitted_spectra_are_standardised():
    model, x = build(2), 20 * torch.randn(40, 2, 3000)
    model.fit_spectra(x)
    standardized = model.standardize(model.spectra(x))
    shape = standardized.shape[1:]
    torch.testing.assert_close(standardized.mean(dim=0), torch.zeros(shape), rtol=0, atol=1e-4)
    torch.testing.assert_close(standardized.std(dim=0), torch.ones(shape), rtol=0, atol=1e-4)


def test_unit_cancels_in_fitted_spectra():
    model, x = build(), 20 * torch.randn(1, 30, 1, 3000)
    model.fit_spectra(x[0])
    expected = model(x)
    assert (model(1e-3 * x) - expected).abs().max() > 0.01
    model.fit_spectra(1e-3 * x[0])
    torch.testing.assert_close(model(1e-3 * x), expected, rtol=1e-3, atol=1e-4)


def test_fit_spectra_checks_its_windows():
    with pytest.raises(ValueError, match="at least two windows, got 1"):
        build().fit_spectra(torch.randn(1, 1, 3000))
    with pytest.raises(ValueError, match="expected x of shape"):
        build().fit_spectra(torch.randn(2, 1, 2999))
    model = build()
    model.fit_spectra(torch.zeros(3, 1, 3000))
    assert model(torch.zeros(1, 1, 3000)).isfinite().all()


@pytest.mark.parametrize(("n_filters", "n_fft"), [(8, 128), (32, 128), (32, 256), (32, 512)])
def test_a_corner_that_is_exactly_at_a_bin_is_not_rounded_to_another(n_filters, n_fft):
    """In floats, eager mode and compilers disagreed by a bin, and outputs of ONNX by 0.004."""
    found = _triangles(n_filters, n_fft, torch.zeros(1)).argmax(dim=0).tolist()
    corners = [Fraction(n_fft + 1, 2 * (n_filters + 1)) * k for k in range(1, n_filters + 1)]
    assert found == [math.floor(corner) for corner in corners]


def test_filters_are_triangles_over_all_frequencies():
    filters = _triangles(32, 256, torch.zeros(1))
    assert filters.shape == (129, 32)
    corners = np.floor(np.linspace(0, 50, 34) * 257 / 100)
    for number in range(32):
        low, centre, high = corners[number : number + 3]
        assert filters[int(centre), number] == 1
        inside = filters[:, number].nonzero()
        assert inside.min() > low
        assert inside.max() < high


@pytest.mark.parametrize("padding", [0.0, 1e6, torch.nan])
def test_padding_has_no_influence(padding):
    model, x = build(), torch.randn(2, 4, 1, 3000)
    x[1, 1:] = padding
    out = model(x, lengths=torch.tensor([4, 1]))
    torch.testing.assert_close(out[0], model(x[:1])[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(out[1, :1], model(x[1:, 0]), rtol=1e-4, atol=1e-5)


def test_too_many_filters_raise():
    with pytest.raises(ValueError, match="n_filters of at most 31 at 25 Hz, got 32"):
        build(n_times=750, sfreq=25)
    assert build(n_times=750, sfreq=25, n_filters=16)(torch.randn(2, 1, 750)).shape == (2, 5)
