"""The checks of constructor arguments by name."""

import inspect

import numpy as np
import pytest
from torch import nn

from eegzoo.models import EEGModel, find_entry, list_models
from eegzoo.models.argument_checks import check_argument, check_each

CLASSES = {find_entry(name).model_class: find_entry(name) for name in list_models()}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("n_filters", 8, 8),
        ("n_heads", np.int64(2), 2),
        ("tcn_n_filters", 12, 12),
        ("F1", 4, 4),
        ("D", 1, 1),
        ("tcn_depth", 2, 2),
        ("second_kernel_length", 16, 16),
        ("pool_stride", 3, 3),
        ("hidden_size", 32, 32),
        ("head_units", 64, 64),
        ("embed_dim", 40, 40),
        ("kernel_lengths", [64, np.int64(32)], (64, 32)),
        ("kernel_seconds", 1, 1.0),
        ("complexity", 0.5, 0.5),
        ("drop_prob", 0, 0.0),
        ("attention_drop_prob", 1.0, 1.0),
        ("max_norm", None, None),
        ("head_max_norm", np.float32(0.25), 0.25),
        ("drop_maps", True, True),
        ("activation", nn.ReLU, nn.ReLU),
    ],
)
def test_a_valid_value_becomes_a_plain_one(name, value, expected):
    checked = check_argument(name, value)
    assert checked == expected
    assert type(checked) is type(expected)


@pytest.mark.parametrize(
    ("name", "value", "error", "expected"),
    [
        ("n_filters", 0, ValueError, "to be a positive integer"),
        ("n_filters", 2.0, TypeError, "to be a positive integer"),
        ("depth", True, TypeError, "to be a positive integer"),
        ("kernel_length", None, TypeError, "to be a positive integer"),
        ("kernel_lengths", [], ValueError, "to be a non-empty sequence"),
        ("kernel_lengths", 8, TypeError, "to be a non-empty sequence"),
        ("kernel_lengths", [8, 0], ValueError, "to be a positive integer"),
        ("kernel_seconds", 0.0, ValueError, "to be a number above 0"),
        ("kernel_seconds", float("nan"), ValueError, "to be a number above 0"),
        ("bandwidth", "4", TypeError, "to be a number above 0"),
        ("drop_prob", 1.5, ValueError, "to be a number of at least 0 and at most 1"),
        ("tcn_drop_prob", -0.1, ValueError, "to be a number of at least 0 and at most 1"),
        ("max_norm", 0.0, ValueError, "to be a number above 0"),
        ("head_max_norm", float("inf"), ValueError, "to be a number above 0"),
        ("drop_maps", 1, TypeError, "to be True or False"),
        ("activation", nn.ELU(), TypeError, "to be a class of layers"),
        ("activation", "ELU", TypeError, "to be a class of layers"),
    ],
)
def test_an_invalid_value_raises_by_name(name, value, error, expected):
    with pytest.raises(error, match=f"^expected {name} {expected}.*, got "):
        check_argument(name, value)


def test_each_of_several_values_is_checked():
    assert check_each("kernel_seconds", np.array([1, 0.5])) == (1.0, 0.5)
    with pytest.raises(ValueError, match="expected kernel_seconds to be a number above 0, got -1"):
        check_each("kernel_seconds", (0.5, -1.0))
    with pytest.raises(ValueError, match="kernel_seconds to be a non-empty sequence"):
        check_each("kernel_seconds", ())
    with pytest.raises(TypeError, match="kernel_seconds to be a non-empty sequence"):
        check_each("kernel_seconds", 0.5)


@pytest.mark.parametrize("name", ["pool_lenght", "window", "drop", "f1"])
def test_a_name_without_a_check_raises(name):
    with pytest.raises(TypeError, match=f"check in eegzoo.models.argument_checks, got '{name}'"):
        check_argument(name, 1)


def test_a_model_keeps_the_checked_values_as_attributes():
    model = EEGModel(2, 100, 2, sfreq=100)
    model.set_arguments(depth=np.int64(3), drop_prob=0, max_norm=None)
    assert (model.depth, model.drop_prob, model.max_norm) == (3, 0.0, None)
    with pytest.raises(ValueError, match="expected head_drop_prob"):
        model.set_arguments(depth=4, head_drop_prob=2.0)


@pytest.mark.parametrize(
    ("entry", "argument"),
    [
        pytest.param(entry, argument, id=f"{entry.name}-{argument}")
        for model_class, entry in CLASSES.items()
        for argument in list(inspect.signature(model_class).parameters)
        if argument != "ch_names"
    ],
)
def test_every_argument_of_every_model_is_checked(entry, argument):
    with pytest.raises((TypeError, ValueError), match=f"expected {argument} to be"):
        entry.build(**{**entry.standard, argument: object()})
