"""EEGConformer against its authors' PyTorch code."""

import pytest
import torch

from eegzoo.models.eegconformer import EEGConformer
from tests.reference.model_checks import assert_initial_limits

SIZES = {"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250}


def test_initial_weights_have_the_limits_of_torch():
    limits = {
        "front.temporal.weight": 25**-0.5,
        "front.spatial.weight": (40 * 22) ** -0.5,
        "tokens.4.weight": 40**-0.5,
        "transformer.5.attend.1.query.weight": 40**-0.5,
        "transformer.5.expand.4.weight": 160**-0.5,
        "transformer.5.expand.4.bias": 160**-0.5,
        "head.0.weight": 2440**-0.5,
        "head.6.weight": 32**-0.5,
    }
    assert_initial_limits(lambda: EEGConformer(**SIZES), limits, n_draws=5)


def test_dropout_is_where_the_authors_have_it():
    model = EEGConformer(**SIZES, drop_prob=0.4, head_drop_prob=0.2)
    drops = {name: m.p for name, m in model.named_modules() if isinstance(m, torch.nn.Dropout)}
    layer = {"attend.1.drop": 0.4, "attend.2": 0.4, "expand.3": 0.4, "expand.5": 0.4}
    expected = {"tokens.3": 0.4, "head.2": 0.4, "head.5": 0.2}
    for number in range(6):
        expected |= {f"transformer.{number}.{place}": p for place, p in layer.items()}
    assert drops == expected


@pytest.mark.parametrize("sfreq", [128, 200, 250])
def test_lengths_do_not_follow_the_sampling_rate(sfreq):
    model = EEGConformer(62, 200, 3, sfreq=sfreq)
    assert model.front.temporal.kernel_size == (1, 25)
    assert model.num_features == 40 * 7  # as in the authors' code for SEED


def test_explicit_sizes_win():
    model = EEGConformer(
        3, 100, 2, n_filters=8, kernel_length=10, pool_length=20, pool_stride=5, embed_dim=12,
        depth=2, n_heads=3, expansion=2, head_units=(16, 8), sfreq=250
    )  # fmt: skip
    # 100 - 9 = 91 samples, 15 tokens
    assert model.num_features == 15 * 12
    assert model(torch.randn(2, 3, 100)).shape == (2, 2)
    assert len(model.transformer) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 98}, "n_times of at least 99"),
        ({"n_heads": 7}, "features to be a multiple of num_heads=7, got 40"),
        ({"depth": 0}, "depth"),
        ({"head_units": (256,)}, "head_units"),
        ({"head_drop_prob": -0.1}, "head_drop_prob"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        EEGConformer(**{"n_chans": 3, "n_times": 250, "n_outputs": 2, "sfreq": 250, **arguments})
