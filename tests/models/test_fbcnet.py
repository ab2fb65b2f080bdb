"""FBCNet compared with its authors' PyTorch code, and its filters with scipy's."""

import numpy as np
import pytest
import torch
from scipy import signal

from eegzoo.models import create_model
from eegzoo.models.fbcnet import FBCNet
from eegzoo.testing.exports import check_onnx_model
from eegzoo.testing.model_case import ModelCase
from tests.reference.model_checks import assert_initial_limits

SIZES = {"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250}


@pytest.mark.parametrize("sfreq", [128, 250, 1000])
def test_bands_equal_scipys_zero_phase_filters_with_the_authors_ripples(sfreq):
    x = np.random.default_rng(0).standard_normal((2, 3, 500))
    bands = FBCNet(3, 500, 2, sfreq=sfreq).double().filter_bank(torch.from_numpy(x))
    for low, ours in zip(range(4, 40, 4), bands.unbind(1), strict=True):
        passed, stopped = [low, low + 4], [low - 2, low + 6]
        order, edges = signal.cheb2ord(passed, stopped, gpass=3, gstop=30, fs=sfreq)
        sos = signal.cheby2(order, 30, edges, "bandpass", output="sos", fs=sfreq)
        expected = torch.from_numpy(signal.sosfiltfilt(sos, x).copy())
        torch.testing.assert_close(ours, expected, rtol=0, atol=1e-9)


def test_features_are_log_variances_of_segments():
    model = FBCNet(3, 203, 2, n_segments=5, sfreq=250).eval()
    x = torch.randn(2, 3, 203)
    maps = model.activation(model.norm(model.spatial(model.filter_bank(x)).squeeze(2)))
    expected = [part.var(dim=2).clamp(1e-6).log() for part in maps[..., :200].split(40, dim=2)]
    torch.testing.assert_close(model.features(x), torch.stack(expected, dim=2).flatten(1))


def test_variances_are_clipped_as_the_authors_do():
    model = FBCNet(3, 200, 2, sfreq=250).eval()
    flat = model.features(torch.zeros(1, 3, 200))
    huge = model.features(1e9 * torch.randn(1, 3, 200))
    assert flat.eq(np.float32(np.log(1e-6))).all()
    assert huge.max() <= np.log(1e6) + 1e-5


def test_filters_stay_exact_after_casts():
    model = FBCNet(3, 200, 2, sfreq=250).eval()
    x = torch.randn(2, 3, 200, dtype=torch.float64)
    bands = FBCNet(3, 200, 2, sfreq=250).double().filter_bank(x)
    there_and_back = model.to(torch.bfloat16).to(torch.float64)
    torch.testing.assert_close(there_and_back.filter_bank(x), bands, rtol=0, atol=0)


@pytest.mark.parametrize("name", ["fbcnet", "fbmsnet", "lightconvnet"])
def test_networks_of_log_variances_compute_in_half_precision(name):
    model = create_model(name, n_chans=3, n_times=500, n_outputs=2, sfreq=250).eval()
    x = 10 * torch.randn(4, 3, 500)
    expected = model(x)
    found = model.to(torch.bfloat16)(x.to(torch.bfloat16))
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), expected, rtol=0, atol=0.1)


def test_initial_weights_have_the_limits_of_torch():
    limits = {
        "spatial.weight": 22**-0.5,
        "spatial.bias": 22**-0.5,
        "head.weight": 1152**-0.5,
        "head.bias": 1152**-0.5,
    }
    assert_initial_limits(lambda: FBCNet(**SIZES), limits, n_draws=40)


def test_explicit_sizes_win():
    model = FBCNet(3, 300, 2, sfreq=100, n_bands=4, bandwidth=6, n_filters=5, n_segments=3)
    assert model.filter_bank.bands == ((6, 12), (12, 18), (18, 24), (24, 30))
    assert model.num_features == 4 * 5 * 3
    assert model(torch.randn(2, 3, 300)).shape == (2, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 27}, "n_times of at least 28"),
        ({"n_segments": 251}, "n_times of at least 502"),
        ({"sfreq": 80.0}, "sfreq / 2"),
        ({"n_bands": 0}, "n_bands"),
        ({"bandwidth": 0.0}, "bandwidth"),
        ({"n_filters": -1}, "n_filters"),
        ({"head_max_norm": 0.0}, "max_norm"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        FBCNet(**{"n_chans": 3, "n_times": 500, "n_outputs": 2, "sfreq": 250, **arguments})


@pytest.mark.parametrize("n_times", [1000, 3000])
def test_onnxruntime_is_precise_at_every_length(n_times):
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")
    # 1.3e-4 at 3000 samples with transforms of lengths that are no powers of two.
    sizes = {"n_chans": 3, "n_times": n_times, "n_outputs": 2, "sfreq": 250.0}
    check_onnx_model(ModelCase(FBCNet, sizes))
