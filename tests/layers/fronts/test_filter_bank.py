"""FilterBank against scipy's sosfiltfilt, in all dtypes and for many lengths."""

import copy
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from eegzoo.layers import FilterBank


def by_scipy(bank, x):
    x = x.detach().double().numpy()
    return torch.from_numpy(np.stack([signal.sosfiltfilt(sos, x) for sos in bank.sos], -3))


def assert_equals_scipy(bank, x, tolerance):
    ours, expected = bank(x), by_scipy(bank, x)
    assert ours.dtype == x.dtype
    assert ours.shape == (*x.shape[:-2], len(bank.bands), *x.shape[-2:])
    error = (ours.double() - expected).abs().max() / x.double().abs().max()
    assert error < tolerance


def eeg_like(n_times, sfreq, dtype=torch.float64, offset=0.0):
    """Return noise with the spectral slope of EEG in microvolts, plus 50 Hz line noise."""
    rng = np.random.default_rng(0)
    noise = np.cumsum(rng.standard_normal((2, 3, n_times)), -1)
    line = 20 * np.sin(2 * np.pi * 50 * np.arange(n_times) / sfreq)
    return torch.from_numpy(noise + line + offset).to(dtype)


@pytest.mark.parametrize("sfreq", [100, 125, 128, 160, 200, 250, 256, 500, 512, 1000])
@pytest.mark.parametrize("skip_first", [True, False])
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-6)], ids=["64", "32"]
)
def test_equals_sosfiltfilt(sfreq, skip_first, dtype, tolerance):
    # selfEEG: NaN at 250 Hz, and 45 % wrong in its lowest band at 128 Hz.
    bank = FilterBank(sfreq, skip_first=skip_first)
    assert_equals_scipy(bank, eeg_like(4 * sfreq, sfreq, dtype), tolerance)


@pytest.mark.parametrize("filter_type", ["butter", "cheby1", "cheby2", "ellip"])
@pytest.mark.parametrize("skip_first", [True, False])
def test_every_family_of_filters(filter_type, skip_first):
    bank = FilterBank(250, filter_type=filter_type, skip_first=skip_first)
    assert_equals_scipy(bank, eeg_like(500, 250), 1e-8)
    assert_equals_scipy(bank, eeg_like(500, 250, torch.float32), 1e-5)


@given(
    sfreq=st.floats(100, 1000),
    n_times=st.integers(40, 1500),
    n_bands=st.integers(1, 5),
    bandwidth=st.floats(2.5, 8),
    skip_first=st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_any_sampling_rate_length_and_width(sfreq, n_times, n_bands, bandwidth, skip_first):
    bank = FilterBank(sfreq, n_bands, bandwidth, skip_first=skip_first)
    assert_equals_scipy(bank, eeg_like(n_times, sfreq, torch.float32), 1e-5)


def test_an_offset_costs_no_precision_in_float32():
    bank = FilterBank(250)
    x = eeg_like(1000, 250, torch.float32, offset=1e5)
    error = (bank(x).double() - by_scipy(bank, x)).abs().max()
    assert error < 1e-4  # 0.009 if the offset is not removed first


def test_a_tone_stays_in_its_band_and_in_phase():
    times = torch.arange(2000) / 250
    x = torch.sin(2 * torch.pi * 10 * times).reshape(1, 1, -1)
    bands = FilterBank(250)(x)[0, :, 0]
    power = bands[:, 500:1500].square().mean(-1)
    assert power.argmax() == 1  # 8 to 12 Hz
    torch.testing.assert_close(bands[1, 500:1500], x[0, 0, 500:1500], rtol=0, atol=0.03)


def test_bands_are_adjacent():
    assert FilterBank(250).bands[:2] == ((4.0, 8.0), (8.0, 12.0))
    assert FilterBank(250).bands[-1] == (36.0, 40.0)
    assert FilterBank(250, skip_first=False).bands[0] == (0.0, 4.0)
    assert len(FilterBank(250, skip_first=False).bands) == 9
    assert "sfreq=250, 9 bands from 4 to 40 Hz, cheby2" in repr(FilterBank(250))


def test_it_is_differentiable():
    bank = FilterBank(100, n_bands=2)
    x = torch.randn(1, 2, 60, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(bank, x)
    assert torch.autograd.gradcheck(FilterBank(100, n_bands=2, skip_first=False), x)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_rounded_once(dtype):
    bank = FilterBank(128)
    x = torch.randn(2, 3, 256).to(dtype)
    torch.testing.assert_close(bank(x), bank(x.float()).to(dtype), rtol=0, atol=0)
    with torch.autocast("cpu", dtype):
        torch.testing.assert_close(bank(x.float()), bank(x.float()))
        assert (bank(x.float()) - by_scipy(bank, x)).abs().max() < 1e-5


def test_the_modules_dtype_does_not_round_the_filters():
    bank = FilterBank(1000).half()
    assert_equals_scipy(bank, eeg_like(2000, 1000), 1e-10)


def test_it_has_no_state_and_can_be_copied():
    bank = FilterBank(250)
    x = torch.randn(2, 3, 500)
    expected = bank(x)
    assert not bank.state_dict()
    for other in (copy.deepcopy(bank), pickle.loads(pickle.dumps(bank))):
        assert torch.equal(other(x), expected)
    assert len(pickle.dumps(bank)) < 20_000


def test_lengths_dtypes_and_batches_may_change_between_calls():
    bank = FilterBank(128)
    for shape, dtype in [
        ((2, 3, 256), torch.float32),
        ((2, 3, 300), torch.float32),
        ((2, 3, 300), torch.float64),
        ((3, 256), torch.float64),
        ((2, 5, 3, 256), torch.float64),
    ]:
        x = torch.randn(shape, dtype=dtype)
        assert bank(x).shape == (*shape[:-2], 9, *shape[-2:])
        assert_equals_scipy(bank, x, 1e-6)


def test_training_after_inference_mode():
    bank = FilterBank(128)
    with torch.inference_mode():
        bank(torch.randn(1, 2, 256))
    x = torch.randn(1, 2, 256, requires_grad=True)
    bank(x).sum().backward()
    assert x.grad.isfinite().all()


@pytest.mark.parametrize("strict", [True, False])
def test_export_before_a_first_window(strict):
    bank = FilterBank(128).eval()
    x = torch.randn(2, 3, 256)
    program = torch.export.export(bank, (x,), strict=strict)
    torch.testing.assert_close(program.module()(x), by_scipy(bank, x).float(), rtol=0, atol=1e-5)


def test_compile_before_a_first_window_of_several_lengths():
    bank = FilterBank(128).eval()
    compiled = torch.compile(bank, fullgraph=True, backend="aot_eager", dynamic=False)
    for n_times in (256, 300):
        x = torch.randn(2, 3, n_times)
        torch.testing.assert_close(compiled(x), by_scipy(bank, x).float(), rtol=0, atol=1e-5)


def test_shapes_on_the_meta_device():
    with torch.device("meta"):
        bank = FilterBank(128)
        assert bank(torch.zeros(2, 3, 256)).shape == (2, 9, 3, 256)
    x = torch.randn(2, 3, 256)
    assert_equals_scipy(bank, x, 1e-6)


def test_export_after_a_first_window():
    bank = FilterBank(128).eval()
    x = torch.randn(2, 3, 256)
    expected = bank(x)
    program = torch.export.export(bank, (x,))
    torch.testing.assert_close(program.module()(x), expected)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"sfreq": 0}, "sfreq to be a number above 0, got 0"),
        ({"sfreq": float("nan")}, "sfreq to be a number above 0, got nan"),
        ({"sfreq": 80}, r"highest band .* below sfreq / 2 = 40 Hz, got 42 Hz; use fewer n_bands"),
        ({"n_bands": 0}, "n_bands to be a positive integer, got 0"),
        ({"bandwidth": -4}, "bandwidth to be a number above 0, got -4"),
        ({"filter_type": "fir"}, "filter_type to be one of 'butter', .*, got 'fir'"),
        ({"stop_ripple": 2.0}, "stop_ripple to be a number above 3, got 2.0"),
        ({"pass_ripple": 0}, "pass_ripple to be a number above 0, got 0"),
        ({"tolerance": 4.0}, "tolerance to be below bandwidth=4.0, got 4.0"),
    ],
    ids=str,
)
def test_invalid_arguments_are_named(arguments, words):
    with pytest.raises((ValueError, TypeError), match=words):
        FilterBank(**{"sfreq": 250, **arguments})


def test_invalid_signals_are_named():
    bank = FilterBank(250)
    with pytest.raises(ValueError, match=r"n_times of at least 28, got \(2, 3, 27\)"):
        bank(torch.randn(2, 3, 27))
    with pytest.raises(ValueError, match=r"expected x to be \(batch, n_chans, n_times\)"):
        bank(torch.randn(500))
    with pytest.raises(TypeError, match=r"floating type, got torch\.int64"):
        bank(torch.ones(2, 3, 500, dtype=torch.int64))
