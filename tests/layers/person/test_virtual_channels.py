"""Virtual channels are a person's leading entrainment components, as SciPy computes them."""

import numpy as np
import pytest
import scipy.linalg
import torch

from eegzoo.layers import VirtualChannels, fit_person_statistics, set_people
from eegzoo.layers.spatial.covariance import FLOOR

SFREQ, N_TIMES, N_CHANS = 128, 256, 5
FREQS, NEIGHBORS = (13.0, 17.0), (0.75, 1.0, 1.5)


def windows_of(seed, n_windows=24):
    """Return windows of a person who looks at one of the stimuli, or at nothing."""
    rng = np.random.default_rng(seed)
    t = np.arange(N_TIMES) / SFREQ
    X = rng.normal(0, 10, (n_windows, N_CHANS, N_TIMES))
    for number, freq in enumerate(FREQS):
        wave = np.sin(2 * np.pi * freq * t + rng.uniform(0, 6, (n_windows, 1)))
        X[number::3] += (5 * rng.normal(1, 1, N_CHANS)[:, None] * wave[:, None])[number::3]
    return X


def make(**changes):
    return VirtualChannels(N_CHANS, N_TIMES, SFREQ, FREQS, NEIGHBORS, **changes).double()


def scipy_channels(X, n_filters=2, shrinkage=0.02):
    """Return virtual channels by Fourier sums and SciPy's generalised eigenvectors."""
    centred = X - X.mean(axis=2, keepdims=True)
    t = np.arange(X.shape[2]) / SFREQ

    def spectrum(freq):
        c = (centred * np.exp(-2j * np.pi * freq * t)).sum(axis=2) / X.shape[2]
        return np.einsum("wc,wd->cd", c, c.conj()).real / len(X)

    found = []
    for freq in FREQS:
        signal = spectrum(freq)
        noise = np.mean([spectrum(freq + sign * d) for d in NEIGHBORS for sign in (1, -1)], axis=0)
        level = shrinkage * np.trace(noise) / len(noise) + FLOOR
        noise = (1 - shrinkage) * noise + level * np.eye(len(noise))
        vectors = scipy.linalg.eigh(signal, noise)[1][:, ::-1][:, :n_filters].T
        found += [v * (1 if (signal @ v).sum() >= 0 else -1) for v in vectors]
    virtual = np.array(found) @ X
    scale = virtual.std(axis=(0, 2), keepdims=True)
    return (virtual - virtual.mean(axis=(0, 2), keepdims=True)) / scale


@pytest.mark.parametrize("n_filters", [1, 2, 5])
def test_channels_are_those_of_scipy(n_filters):
    X = windows_of(0)
    channels = fit_person_statistics(make(n_filters=n_filters), torch.tensor(X).split(7))
    found = channels(torch.tensor(X)).numpy()
    assert found.shape == (24, channels.n_virtual, N_TIMES)
    expected = scipy_channels(X, n_filters)
    # Filters of very small ratios are determined by their last digits.
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 if n_filters < 5 else 1e-3)


def test_training_takes_the_filters_of_each_person():
    first, second = torch.tensor(windows_of(1)), torch.tensor(3 * windows_of(2))
    channels = make()
    set_people(channels, 2)
    both = channels.train()(torch.cat([first, second]))
    for windows, part in ((first, both[:24]), (second, both[24:])):
        torch.testing.assert_close(fit_person_statistics(channels, [windows])(windows), part,
                                   rtol=1e-4, atol=1e-4)  # fmt: skip


def test_electrodes_may_be_mixed():
    X = torch.tensor(windows_of(3))
    mixing = torch.tensor(np.random.default_rng(0).normal(size=(N_CHANS, N_CHANS)))
    mixing += 3 * torch.eye(N_CHANS)
    channels = make(shrinkage=0.0)
    before, after = (fit_person_statistics(channels, [x])(x) for x in (X, mixing @ X))
    # The sign of a channel follows from its pattern, which is another one.
    torch.testing.assert_close(after.abs(), before.abs(), rtol=1e-3, atol=1e-3)


def test_a_virtual_channel_holds_the_response_to_its_stimulus():
    rng, t = np.random.default_rng(0), np.arange(N_TIMES) / SFREQ
    X = rng.normal(0, 10, (20, N_CHANS, N_TIMES))
    wave = np.sin(2 * np.pi * 17 * t)
    X[10:] += 6 * rng.normal(1, 1, N_CHANS)[:, None] * wave
    # A louder rhythm beside it, in all windows and channels.
    X += 50 * rng.normal(size=(1, N_CHANS, 1)) * np.sin(2 * np.pi * 15.5 * t)
    channels = fit_person_statistics(make(), [torch.tensor(X)])
    virtual = channels(torch.tensor(X)).mean(dim=0)[2].numpy()
    assert abs(np.corrcoef(virtual, wave)[0, 1]) > 0.9
    assert abs(np.corrcoef(X.mean(axis=(0, 1)), wave)[0, 1]) < 0.5


def test_gradients_reach_the_windows():
    x = torch.tensor(windows_of(4)[:6]).requires_grad_()
    make().train()(x).square().sum(dim=(1, 2))[0].backward()
    assert x.grad.isfinite().all()
    assert x.grad.abs().max() > 0


def test_evaluation_computes_no_spectra(monkeypatch):
    X = torch.tensor(windows_of(0))
    channels = fit_person_statistics(make(), [X])
    expected = channels.filters(channels.spectra(X)).flatten(1, 2) @ X
    monkeypatch.setattr(channels, "spectra", None)
    torch.testing.assert_close(channels(X), channels.norm(expected), rtol=0, atol=0)
