"""ResNet1D compared with its authors' PyTorch code."""

import pytest
import torch

from eegzoo.models import create_model
from eegzoo.models.resnet1d import ResNet1D
from tests.reference.model_checks import assert_initial_limits

SIZES = {"n_chans": 18, "n_times": 769, "n_outputs": 3, "sfreq": 256}


def test_initial_weights_are_the_authors():
    model = ResNet1D(**SIZES)
    widest = model.stages[-1].body[0].weight
    assert widest.std().item() == pytest.approx((2 / (128 * 7)) ** 0.5, rel=0.05)
    assert model.across.weight.std().item() == pytest.approx((2 / (16 * 18 * 7)) ** 0.5, rel=0.05)
    assert_initial_limits(lambda: ResNet1D(**SIZES), {"head.weight": 542**-0.5}, n_draws=2)


def test_stages_double_the_maps_and_halve_the_samples():
    model = ResNet1D(3, 200, 2, n_filters=4, depths=(1, 2, 1, 1), sfreq=256)
    assert [block.body[0].out_channels for block in model.stages] == [4, 8, 8, 16, 32]
    assert [block.body[0].stride[1] for block in model.stages] == [1, 2, 1, 2, 2]
    maps = model.stages(model.first(torch.randn(2, 1, 3, 200)))
    assert maps.shape == (2, 32, 3, 13)


def test_only_the_filters_across_channels_mix_them():
    model = ResNet1D(3, 200, 2, n_filters=4, depths=(1, 1, 1, 1), sfreq=256).eval()
    x = torch.randn(1, 3, 200)
    before = model.features(x)
    x[:, 1] += torch.randn(200)
    changed = model.features(x).ne(before).squeeze(0)
    single_channel = changed[: 4 * 3].unflatten(0, (4, 3))
    assert single_channel.any(dim=0).tolist() == [False, True, False]
    assert changed[4 * 3 :].all()


def test_selfeegs_defaults_are_a_variant():
    model = create_model("resnet1d_selfeeg", **SIZES)
    assert (model.depths, model.across_channels) == ((2, 2, 2, 2), False)
    assert model.num_features == 18 * 128


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 96}, "n_times of at least 97"),
        ({"kernel_length": 8}, "kernel_length to be odd, got 8"),
        ({"kernel_length": 0}, "kernel_length"),
        ({"n_filters": 0}, "n_filters"),
        ({"depths": (2, 2)}, "depths"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        ResNet1D(**{**SIZES, **arguments})
