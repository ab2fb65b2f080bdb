"""AttnSleep against its authors' PyTorch code."""

import pytest
import torch

from eegzoo.models import AttnSleep
from tests.reference.model_checks import assert_initial_limits

SIZES = {"n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100}


def test_the_authors_sizes_for_shhs_give_their_number_of_samples():
    model = AttnSleep(1, 3750, 5, sfreq=125, second_kernel_lengths=(8, 6))
    assert model.num_features == 30 * 100
    assert model.n_zeros == 0


@pytest.mark.parametrize("n_times", [3000, 3001, 2900, 777, 63, 2])
@pytest.mark.parametrize("n_heads", [1, 5, 7])
def test_any_length_is_divided_among_the_heads(n_times, n_heads):
    small = {"n_filters": 2, "recalibration_n_filters": 4, "n_heads": n_heads}
    model = AttnSleep(1, n_times, 5, sfreq=100, **small).eval()
    assert model.num_features % (4 * n_heads) == 0
    assert 0 <= model.n_zeros < n_heads
    assert model(torch.randn(2, 1, n_times)).shape == (2, 5)


def test_initial_weights_have_the_limits_of_torch():
    fan_in = 7 * 30
    limits = {
        "transformer.0.query.weight": fan_in**-0.5,
        "transformer.1.key.bias": fan_in**-0.5,
        "transformer.1.out.0.weight": 80**-0.5,
        "transformer.1.expand.4.weight": 120**-0.5,
        "head.weight": 2400**-0.5,
    }
    assert_initial_limits(lambda: AttnSleep(**SIZES), limits, n_draws=5)


def test_initial_convolutions_and_normalisations_are_normal():
    state = AttnSleep(**SIZES).state_dict()
    for name in ("short.0.0", "short.4.0", "long.0.0", "recalibrate.body.0"):
        assert 0.018 < state[f"{name}.weight"].std() < 0.022, name
    gammas = torch.cat([state[f"short.{block}.1.weight"] for block in (0, 3, 4)])
    assert (gammas.mean() - 1).abs() < 0.005
    assert 0.017 < gammas.std() < 0.023


def test_layers_start_as_copies_and_so_do_keys_and_values():
    first, second, _ = AttnSleep(**SIZES).transformer
    torch.testing.assert_close(first.state_dict(), second.state_dict(), rtol=0, atol=0)
    assert torch.equal(first.key.weight, first.value.weight)
    assert not torch.equal(first.key.weight, first.query.weight)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 1}, "n_times of at least 2"),
        ({"kernel_lengths": (50,)}, "kernel_lengths"),
        ({"strides": 0}, "strides"),
        ({"second_kernel_lengths": (0, 7)}, "second_kernel_lengths"),
        ({"recalibration_n_filters": 0}, "recalibration_n_filters"),
        ({"n_heads": 0}, "n_heads"),
        ({"depth": 0}, "depth"),
        ({"attention_drop_prob": 1.1}, "attention_drop_prob"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        AttnSleep(**SIZES | arguments)
