"""U-Sleep compared with its authors' Keras code."""

import dataclasses

import pytest
import torch

from eegzoo.models import USleep, find_entry
from eegzoo.models.references import find_reference
from tests.reference.model_checks import assert_initial_limits

SMALL = {"n_chans": 2, "n_times": 96, "n_outputs": 5, "sfreq": 32, "depth": 3}


def small(**changes):
    return USleep(**SMALL | changes).eval()


def test_each_window_and_each_second_equal_the_authors_at_the_standard_size():
    reference, sizes = find_reference("usleep"), find_entry("usleep").standard
    standard = dataclasses.replace(reference, file="usleep_standard_keras.npz", arguments=sizes)
    model, x = standard.build()
    for name, step_length in {"probabilities": None, "each_second": 128}.items():
        expected = torch.from_numpy(standard.arrays[name])
        outputs = model(x, step_length).softmax(dim=-1)
        torch.testing.assert_close(outputs, expected, rtol=0, atol=1e-5)
    learnt = sum(parameter.numel() for parameter in model.parameters())
    statistics = sum(b.numel() for name, b in model.named_buffers() if "running" in name)
    assert learnt + statistics == standard.meta["n_params"]


def test_initial_weights_have_the_limits_of_keras():
    limits = {
        "encoder.0.0.weight": (6 / (9 * (2 + 6))) ** 0.5,
        "encoder.1.0.weight": (6 / (9 * (6 + 9))) ** 0.5,
        "encoder.1.0.bias": 0.0,
        "dense.weight": (6 / (6 + 6)) ** 0.5,
        "head.0.weight": (6 / (6 + 5)) ** 0.5,
        "head.2.bias": 0.0,
    }
    assert_initial_limits(
        lambda: USleep(depth=4, n_chans=2, n_times=3840, n_outputs=5, sfreq=128), limits
    )


def test_steps_of_a_window_average_to_its_features():
    model = small()
    x = torch.randn(2, 3, 2, 96)
    steps = model._steps(x, 8)
    assert steps.shape == (2, 3, 12, 6)
    torch.testing.assert_close(steps.mean(dim=2), model.features(x))


@pytest.mark.parametrize("step_length", [1, 5, 95])
@pytest.mark.parametrize("n_windows", [1, 3, 4])
def test_odd_windows_have_stages_at_every_step(step_length, n_windows):
    model = small(n_times=95)
    x = torch.randn(2, n_windows, 2, 95)
    assert model(x, step_length).shape == (2, n_windows, 95 // step_length, 5)
    assert model(x[:, 0], step_length).shape == (2, 95 // step_length, 5)
    torch.testing.assert_close(model(x[:, :1])[:, 0], model(x[:, 0]))


def test_windows_of_a_sequence_influence_each_other():
    model = small()
    night = torch.randn(1, 4, 2, 96)
    before = model(night)
    night[:, 2] += 1.0
    assert (model(night) != before).any(dim=2).all()


def test_a_new_head_keeps_the_number_of_features():
    model = small()
    model.reset_head(2)
    assert model.arguments["head_units"] == 6
    assert model(torch.randn(2, 2, 96)).shape == (2, 2)


@pytest.mark.parametrize("step_length", [7, 0, 192])
def test_a_step_that_does_not_divide_a_window_raises(step_length):
    with pytest.raises(ValueError, match="step_length"):
        small()(torch.randn(1, 2, 96), step_length)


@pytest.mark.parametrize(
    "arguments",
    [{"n_filters": 0}, {"complexity": 0.0}, {"depth": 0}, {"kernel_length": 0}, {"head_units": 0}],
)
def test_bad_arguments_raise_by_name(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        small(**arguments)
