"""The learning rate rises in a line and falls along a half cosine to zero."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from eegzoo.training.callbacks.learning_rate import lr_factor


@pytest.mark.parametrize("n_steps", [1, 7, 250])
def test_without_warm_up_it_is_torchs_cosine(n_steps):
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=n_steps)
    for step in range(n_steps):
        assert lr_factor(step, n_steps, 0.0) == pytest.approx(cosine.get_last_lr()[0], abs=1e-12)
        optimizer.step()
        cosine.step()


def test_warm_up_goes_in_equal_steps_to_the_height():
    factors = [lr_factor(step, 100, 0.2) for step in range(100)]
    np.testing.assert_allclose(np.diff(factors[:20]), 1 / 20)
    assert factors[19] == factors[20] == 1.0
    assert factors[60] == pytest.approx(0.5)
    assert factors[99] == pytest.approx(0.5 + 0.5 * math.cos(math.pi * 79 / 80))


@given(st.integers(1, 500), st.floats(0, 1))
def test_it_is_between_zero_and_one_and_never_zero(n_steps, warmup):
    factors = [lr_factor(step, n_steps, warmup) for step in range(n_steps)]
    assert min(factors) > 0
    assert max(factors) <= 1
    assert factors[round(warmup * n_steps) - 1 if warmup * n_steps >= 0.5 else 0] == 1.0
