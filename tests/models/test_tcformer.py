"""TCFormer: its groups, its stochastic depth and its published size."""

import pytest
import torch

from eegzoo.layers import DropPath
from eegzoo.models.tcformer import TCFormer

SIZES = {"n_chans": 3, "n_times": 250, "n_outputs": 2, "sfreq": 250}


def test_number_of_parameters_is_the_papers():
    model = TCFormer(n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    assert sum(weight.numel() for weight in model.parameters()) == 77_820  # 77.8 thousand


def test_outputs_are_the_mean_over_the_classifiers_of_the_groups():
    model = TCFormer(**SIZES, head_max_norm=None).eval()
    features = model.features(torch.randn(2, 3, 250))
    weights = model.head.groups.weight.reshape(4, 2, 16)
    biases = model.head.groups.bias.reshape(4, 2)
    each = torch.einsum("goi,bgi->bgo", weights, features.reshape(2, 4, 16)) + biases
    torch.testing.assert_close(model.head(features), each.mean(1))


def test_windows_skip_later_layers_more_often():
    model = TCFormer(**SIZES, depth=3, path_drop_prob=0.4)
    paths = [[m.drop.p for m in layer.modules() if isinstance(m, DropPath)]
             for layer in model.transformer]  # fmt: skip
    torch.testing.assert_close(torch.tensor(paths), torch.tensor([[0.0] * 2, [0.1] * 2, [0.4] * 2]))


def test_one_kernel_length_makes_two_groups():
    model = TCFormer(**SIZES, kernel_lengths=(16,), group_dim=8, n_filters=4, n_heads=2).eval()
    assert model.num_features == 16
    assert model(torch.randn(2, 3, 250)).shape == (2, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"group_dim": 6}, "group_dim to be a multiple of 4, got 6"),
        ({"n_heads": 5}, "got n_heads=5 and n_kv_heads=2"),
        ({"n_kv_heads": 3}, "got n_heads=4 and n_kv_heads=3"),
        ({"n_times": 55}, "n_times of at least 56"),
        ({"path_drop_prob": 1.5}, "path_drop_prob"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        TCFormer(**{**SIZES, **arguments})
