"""CTNet against its authors' PyTorch code."""

import pytest
import torch

from eegzoo.models.ctnet import CTNet
from tests.reference.model_checks import assert_initial_limits

SIZES = {"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250}


def test_initial_weights_have_the_limits_of_torch():
    limits = {
        "front.temporal.weight": 64**-0.5,
        "front.spatial.weight": 22**-0.5,
        "tokens.4.weight": (16 * 16) ** -0.5,
        "transformer.5.attend.query.weight": 16**-0.5,
        "transformer.5.expand.0.weight": 16**-0.5,
        "transformer.5.expand.3.weight": 64**-0.5,
        "transformer.5.expand.3.bias": 64**-0.5,
        "head.1.weight": 240**-0.5,
    }
    assert_initial_limits(lambda: CTNet(**SIZES), limits)


def test_positions_are_drawn_from_the_standard_normal_distribution():
    positions = CTNet(22, 20_000, 4, sfreq=250).position
    assert positions.shape == (312, 16)
    assert positions.mean().abs() < 0.05
    assert positions.std().sub(1).abs() < 0.05


def test_tokens_differ_by_their_positions():
    model = CTNet(3, 256, 2, sfreq=250).eval()
    with torch.no_grad():
        model.tokens[4].weight.zero_()  # all tokens are equal except for their positions
    tokens = model.features(torch.randn(1, 3, 256)).unflatten(1, (4, 16))[0]
    assert torch.cdist(tokens, tokens).add(torch.eye(4)).min() > 0.1


def test_dropout_is_where_the_authors_have_it():
    model = CTNet(
        **SIZES, drop_prob=0.1, position_drop_prob=0.2, transformer_drop_prob=0.3,
        head_drop_prob=0.4,
    )  # fmt: skip
    drops = {name: m.p for name, m in model.named_modules() if isinstance(m, torch.nn.Dropout)}
    expected = {"tokens.3": 0.1, "tokens.8": 0.1, "position_drop": 0.2, "head.0": 0.4}
    for layer in range(6):
        places = ("attend.drop", "expand.2", "drop")
        expected |= {f"transformer.{layer}.{place}": 0.3 for place in places}
    assert drops == expected


@pytest.mark.parametrize(("sfreq", "kernel_length"), [(250, 64), (125, 32), (1000, 256), (1, 1)])
def test_first_kernel_follows_the_sampling_rate(sfreq, kernel_length):
    assert CTNet(3, 500, 2, sfreq=sfreq).front.temporal.kernel_size == (1, kernel_length)


def test_explicit_sizes_win():
    model = CTNet(
        3, 200, 2, F1=4, D=3, kernel_length=10, second_kernel_length=4, pool_lengths=(4, 5),
        depth=2, n_heads=3, expansion=2, sfreq=250
    )  # fmt: skip
    assert model.front.temporal.kernel_size == (1, 10)
    assert model.tokens[4].kernel_size == (4,)
    assert len(model.transformer) == 2
    assert model.transformer[0].expand[0].out_features == 24
    assert model.num_features == 10 * 12
    assert model(torch.randn(2, 3, 200)).shape == (2, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 63}, "n_times of at least 64"),
        ({"n_heads": 3}, "features to be a multiple of num_heads=3, got 16"),
        ({"depth": 0}, "depth"),
        ({"expansion": 0}, "expansion"),
        ({"pool_lengths": (8,)}, "pool_lengths"),
        ({"position_drop_prob": 1.1}, "position_drop_prob"),
        ({"transformer_drop_prob": -0.1}, "transformer_drop_prob"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        CTNet(**{"n_chans": 3, "n_times": 500, "n_outputs": 2, "sfreq": 250, **arguments})
