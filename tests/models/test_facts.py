"""Stored facts about the models are those of the models."""

import pytest
import torch
from torch import nn

from eegzoo.models import facts as module
from eegzoo.models import find_entry, list_models
from eegzoo.models.facts import FILE, as_json, find_facts, list_facts, stored_facts
from eegzoo.models.measured_facts import measure_facts
from eegzoo.models.multiply_adds import count_macs

STALE = f"{FILE.name} is stale: run `make facts`"


def test_the_file_contains_all_models():
    assert list(stored_facts()) == list_models(), STALE
    assert FILE.read_text(encoding="utf-8") == as_json(stored_facts().values()), STALE


@pytest.mark.parametrize("name", list_models())
def test_stored_facts_are_current(name):
    assert stored_facts().get(name) == measure_facts(name), STALE


def test_facts_have_the_standard_size():
    facts = measure_facts("eegnet")
    # In evaluation, the front is one convolution with 16 kernels of 64 x 64 over 128 samples.
    front = 16 * 64 * 64 * 128
    separable = 16 * 16 * 32 + 16 * 16 * 32
    spatial = 8 * 2 * 64 * 64  # to compute the kernels of the front
    head = 64 * 4
    assert facts.n_params == 2388
    assert facts.n_macs <= front + separable + spatial + head
    assert facts.n_macs >= separable + head


class Attention(nn.Module):
    """Attention with windows as queries, keys and values."""

    def forward(self, x):
        return nn.functional.scaled_dot_product_attention(x, x, x)


def test_attention_counts():
    # Queries by keys, and weights by values: two products of 7 x 5 x 7.
    assert count_macs(Attention(), torch.randn(1, 7, 5)) == 2 * 7 * 5 * 7


@pytest.mark.parametrize(
    "filters", [{}, {"pattern": "eeg*"}, {"task": "sleep"}, {"foundation": True}]
)
def test_facts_are_listed_like_models(filters):
    assert [facts.name for facts in list_facts(**filters)] == list_models(**filters)


@pytest.mark.parametrize(
    ("stored", "live", "name"),
    [
        (find_facts, find_entry, "egnet"),
        (find_facts, find_entry, "zzz"),
        (lambda task: list_facts(task=task), lambda task: list_models(task=task), "slep"),
    ],
)
def test_unknown_names_have_the_message_of_the_registry(stored, live, name):
    with pytest.raises(ValueError, match="unknown") as expected:
        live(name)
    with pytest.raises(ValueError, match="unknown") as raised:
        stored(name)
    assert str(raised.value) == str(expected.value)


def test_the_file_is_read_once(monkeypatch):
    stored_facts()
    monkeypatch.setattr(module, "FILE", FILE.with_name("absent.json"))
    assert find_facts("eegnet").n_params == 2388
