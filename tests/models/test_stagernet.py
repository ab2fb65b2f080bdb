"""StagerNet compared with two ports, because its authors published no code."""

import dataclasses

import pytest
import torch

from eegzoo.models import StagerNet
from eegzoo.models.references import find_reference

SIZES = {"n_chans": 6, "n_times": 3840, "n_outputs": 5, "sfreq": 128}


def test_the_model_equals_selfeegs_port_at_the_papers_sizes():
    reference = find_reference("stagernet")
    places = {
        "encoder.conv1": "spatial_conv",
        "encoder.conv2": "feature_extractor.0",
        "encoder.conv3": "feature_extractor.4",
        "Dense": "final_layer.1",
    }

    def state_from(weights):
        renamed = {}
        for name, value in weights.items():
            place, _, tensor = name.rpartition(".")
            renamed[f"{places[place]}.{tensor}"] = value
        return reference.state_from(renamed)

    other = dataclasses.replace(
        reference, file="stagernet_selfeeg_torch.npz", arguments=SIZES, state_from=state_from
    )
    assert other.compare().failures == []


def test_parameter_count_is_the_papers():
    spatial, first, second = 6 * 6 + 6, 8 * 64 + 8, 8 * 8 * 64 + 8
    count = spatial + first + second + (8 * 6 * 15) * 5 + 5
    assert sum(p.numel() for p in StagerNet(**SIZES).parameters()) == count


def test_initial_weights_are_the_papers():
    state = StagerNet(22, 3840, n_outputs=5, sfreq=128).state_dict()
    weights = torch.cat([value.flatten() for name, value in state.items() if "weight" in name])
    assert weights.mean().abs() < 0.005
    assert 0.098 < weights.std() < 0.102
    assert not any(value.any() for name, value in state.items() if "bias" in name)


@pytest.mark.parametrize(
    ("sfreq", "kernel", "pool"), [(128, 64, 16), (100, 50, 13), (256, 128, 32)]
)
def test_lengths_follow_the_sampling_rate(sfreq, kernel, pool):
    model = StagerNet(2, 30 * sfreq, sfreq=sfreq, n_outputs=5)
    assert (model.kernel_length, model.pool_length) == (kernel, pool)
    assert model.temporal[0].kernel_size == model.temporal[3].kernel_size == (1, kernel)


def test_explicit_lengths_win():
    model = StagerNet(2, 100, kernel_length=7, pool_length=5, n_outputs=5, sfreq=128)
    assert model.temporal[0].kernel_size == (1, 7)
    assert model.num_features == 8 * 2 * 4


def test_a_single_channel_has_no_spatial_filter():
    assert not list(StagerNet(1, 3840, n_outputs=5, sfreq=128).spatial.parameters())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 255}, "n_times of at least 256"),
        ({"n_filters": 0}, "n_filters"),
        ({"kernel_seconds": 0.0}, "kernel_seconds"),
        ({"pool_length": 0}, "pool_length"),
        ({"drop_prob": 1.5}, "drop_prob"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        StagerNet(**SIZES | arguments)
