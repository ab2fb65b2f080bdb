"""Resampling inside a network, against SciPy's."""

import numpy as np
import pytest
import torch
from scipy.signal import resample_poly

from eegzoo.layers.resample import Resample


@pytest.mark.parametrize(
    ("sfreq", "new_sfreq", "n_times"),
    [(250, 200, 1000), (256, 200, 640), (160, 200, 480), (512, 128, 1024), (128, 200, 130),
     (500, 200, 21), (200, 200, 7)],
)  # fmt: skip
def test_equals_scipy(sfreq, new_sfreq, n_times):
    x = np.random.default_rng(0).standard_normal((2, 3, n_times))
    layer = Resample(sfreq, new_sfreq)
    expected = resample_poly(x, layer.up, layer.down, axis=-1, padtype="reflect")
    expected = expected[..., : round(n_times * new_sfreq / sfreq)]
    np.testing.assert_allclose(layer(torch.from_numpy(x)).numpy(), expected, rtol=0, atol=1e-12)


def test_gradients_are_right():
    x = torch.randn(1, 2, 30, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(Resample(5, 4), x)


def test_state_dict_is_empty_and_the_dtype_kept():
    layer = Resample(250, 200)
    assert list(layer.state_dict()) == []
    assert layer(torch.randn(1, 1, 50)).dtype == torch.float32
    assert repr(layer) == "Resample(sfreq=250, new_sfreq=200)"


@pytest.mark.parametrize(
    ("sfreq", "new_sfreq", "message"),
    [(0, 200, "sfreq"), (200, -1, "new_sfreq"), (199.99371, 200, "ratio of integers up to 1000")],
)
def test_invalid_rates_raise(sfreq, new_sfreq, message):
    with pytest.raises(ValueError, match=message):
        Resample(sfreq, new_sfreq)
