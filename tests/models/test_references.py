"""Comparison of every model with its reference implementation."""

import dataclasses
import re

import numpy as np
import pytest
import torch

from eegzoo.models import find_entry, list_models
from eegzoo.models.references import find_reference

NAMES = list_models()
every_model = pytest.mark.parametrize("name", NAMES)


@every_model
def test_model_equals_its_reference_implementation(name):
    assert find_reference(name).compare().failures == []


@every_model
def test_source_names_the_commit(name):
    meta = find_reference(name).meta
    # Networks without authors are computed with released libraries.
    commit = re.search(r"\b[0-9a-f]{7,40}\b|\b[0-9]+\.[0-9]+\.[0-9]+\b", meta["source"])
    assert commit, meta["source"]
    assert commit[0][:7] in find_entry(name).source


@every_model
def test_wrong_weight_is_noticed(name):
    reference = find_reference(name)
    weight = max(reference.meta["shapes"], key=lambda name: len(reference.meta["shapes"][name]))

    def wrong(weights):
        if weights[weight].dtype.kind == "i":  # positions of the weights instead of their values
            return reference.state_from(weights)
        # Not the same for all outputs of a dense layer, which softmax would not notice.
        ramp = np.linspace(-1, 1, weights[weight].size).reshape(weights[weight].shape)
        shifted = weights[weight] + ramp * weights[weight].std() / 10
        return reference.state_from(weights | {weight: shifted.astype(weights[weight].dtype)})

    other = dataclasses.replace(reference, state_from=wrong)
    failures = " ".join(other.compare().failures)
    assert "outputs differ" in failures
    assert "gradients differ" in failures


def test_failures_describe_the_difference():
    reference = find_reference("deep_convnet")
    changed = dataclasses.replace(reference, arguments={**reference.arguments, "max_norm": 0.5})
    assert any("constraints" in failure for failure in changed.compare().failures)


def test_comparison_keeps_the_random_state():
    before = torch.get_rng_state()
    find_reference("deep_convnet").compare()
    assert torch.equal(torch.get_rng_state(), before)


def test_unknown_model_raises():
    with pytest.raises(ValueError, match="did you mean 'eegnet'"):
        find_reference("egnet")
