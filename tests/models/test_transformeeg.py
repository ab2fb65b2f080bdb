"""TransformEEG compared with its authors' PyTorch code."""

import pytest
import torch

from eegzoo.layers import Dropout
from eegzoo.models.transformeeg import TransformEEG
from tests.reference.model_checks import assert_initial_limits

SIZES = {"n_chans": 32, "n_times": 2000, "n_outputs": 2, "sfreq": 125}


def test_initial_weights_have_the_limits_of_torch():
    limits = {
        "first.0.weight": 5**-0.5,
        "second_beside.0.bias": 5**-0.5,
        "transformer.0.attend.0.query.weight": (6 / (4 * 128)) ** 0.5,
        "transformer.0.attend.0.value.bias": 0.0,
        "transformer.0.attend.0.out.weight": 128**-0.5,
        "transformer.0.attend.0.out.bias": 0.0,
        "transformer.1.expand.3.bias": 128**-0.5,
        "head.0.weight": 128**-0.5,
        "head.2.weight": 64**-0.5,
    }
    assert_initial_limits(lambda: TransformEEG(**SIZES), limits)


def test_layers_start_with_equal_but_separate_weights():
    first, second = TransformEEG(**SIZES).transformer
    for ours, theirs in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(ours, theirs)
        assert ours is not theirs


def test_dropout_is_where_the_authors_have_it():
    model = TransformEEG(**SIZES, drop_prob=0.4)
    dropout = torch.nn.modules.dropout._DropoutNd
    drops = {name: type(m) for name, m in model.named_modules() if isinstance(m, dropout)}
    expected = {"first.4": torch.nn.Dropout1d, "second.4": torch.nn.Dropout1d}
    for layer in range(2):
        for place in ("attend.0.drop", "attend.1", "expand.2", "expand.4"):
            expected[f"transformer.{layer}.{place}"] = Dropout
    assert drops == expected
    assert {m.p for m in model.modules() if isinstance(m, dropout)} == {0.4}


def test_explicit_sizes_win():
    model = TransformEEG(
        3, 60, 2, D1=3, D2=1, kernel_length=7, second_kernel_length=3, pool_length=5, pool_stride=3,
        depth=1, n_heads=3, head_units=5, sfreq=125
    )  # fmt: skip
    assert model.num_features == 9
    assert [model.first[0].kernel_size, model.second[0].kernel_size] == [(7,), (3,)]
    assert len(model.transformer) == 1
    assert model(torch.randn(2, 3, 60)).shape == (2, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 9}, "n_times of at least 10"),
        ({"D1": 0}, "D1"),
        ({"n_heads": 3}, "expected n_heads to divide the 128 features of a token, got 3"),
        ({"depth": 0}, "depth"),
        ({"head_units": 0}, "head_units"),
        ({"pool_stride": 0}, "pool_stride"),
        ({"drop_prob": -0.1}, "drop_prob"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        TransformEEG(**{**SIZES, **arguments})
