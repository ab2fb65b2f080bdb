"""Results that are computed again only when a module changes."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from eegzoo.layers.latest_by_state import LatestByState, is_unobserved


def test_it_computes_again_after_a_change_only():
    latest, layer, calls = LatestByState(), nn.Linear(2, 1), []

    def compute(module):
        calls.append(module)
        return module.weight.sum().item()

    for _ in range(2):
        assert latest.get(layer, compute) == layer.weight.sum().item()
    layer.weight.data[0, 0] += 1
    assert latest.get(layer, compute) == layer.weight.sum().item()
    assert len(calls) == 2


def test_what_changes_during_the_computation_is_not_kept():
    latest, layer = LatestByState(), nn.Linear(2, 1)

    def compute(module):
        module.bias.data += 1  # as another thread may do
        return module.bias.item()

    first = latest.get(layer, compute)
    assert latest.get(layer, compute) == pytest.approx(first + 1)


def test_copies_are_empty():
    latest, layer = LatestByState(), nn.Linear(2, 1)
    assert latest.get(layer, lambda _: "old") == "old"
    for again in (copy.deepcopy(latest), pickle.loads(pickle.dumps(latest))):
        assert again.get(layer, lambda _: "new") == "new"


def test_only_plain_calls_are_unobserved():
    x = torch.zeros(1, 2)
    assert is_unobserved(x)
    with torch.inference_mode():
        assert is_unobserved(x)
    assert not is_unobserved(x.to("meta"))
    for observed in (
        torch.autocast("cpu"), FlopCounterMode(display=False), torch.device("cpu"),
    ):  # fmt: skip
        with observed:
            assert not is_unobserved(x)
    hook = nn.modules.module.register_module_forward_hook(lambda *_: None)
    try:
        assert not is_unobserved(x)
    finally:
        hook.remove()
    seen = []
    torch.vmap(lambda x: seen.append(is_unobserved(x)) or x)(x)
    assert seen == [False]
    with pytest.raises(AttributeError):
        is_unobserved(None)
