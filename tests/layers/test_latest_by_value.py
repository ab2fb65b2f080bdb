"""A result is computed again exactly when a tensor or a setting changes."""

import copy
import pickle

import pytest
import torch
from torch import nn

from eegzoo.layers import ConstrainedConv2d, TemporalSpatialConv
from eegzoo.layers.latest_by_value import LatestByValue


# Small tensors and large ones are compared by different functions.
@pytest.fixture(params=[2, 20_000], ids=["small", "large"])
def weight(request):
    return torch.arange(1.0, 1.0 + request.param)


@pytest.mark.parametrize(
    "change",
    [
        lambda weight: weight.mul_(2),
        lambda weight: weight.data.mul_(2),
        lambda weight: weight.numpy().fill(3),
        lambda weight: weight.double(),
        lambda weight: weight[:1],
        lambda weight: weight.bfloat16(),
        lambda weight: weight.index_fill_(0, torch.tensor([1]), torch.nan),
    ],
)
def test_every_change_is_seen(weight, change):
    latest = LatestByValue()
    assert latest.get([weight], (), lambda: "first") == "first"
    assert latest.get([weight], (), lambda: "second") == "first"
    changed = change(weight)
    now = changed if isinstance(changed, torch.Tensor) else weight
    assert latest.get([now], (), lambda: "third") == "third"
    assert latest.get([now], "other", lambda: "fourth") == "fourth"


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_compute_anew(weight, twin):
    latest = LatestByValue()
    latest.get([weight], (), lambda: "first")
    assert twin(latest).get([weight], (), lambda: "second") == "second"


def front():
    torch.manual_seed(0)
    return TemporalSpatialConv(
        nn.Conv2d(1, 4, (1, 9), padding="same"),
        ConstrainedConv2d(4, 8, (3, 1), padding="valid", groups=4, max_norm=0.5),
        nn.BatchNorm2d(4),
    )


def set_limit(layers):
    layers.spatial.max_norm = 0.1


def set_eps(layers):
    layers.norm.eps = 1.0


@pytest.mark.parametrize(
    "change",
    [
        lambda layers: layers.temporal.weight.data.mul_(2),
        lambda layers: layers.spatial.bias.data.add_(1),
        lambda layers: layers.norm.running_var.mul_(2),
        lambda layers: layers.train()(torch.randn(5, 3, 40)),
        lambda layers: layers.double(),
        set_limit,
        set_eps,
    ],
)
def test_a_front_in_evaluation_follows_its_layers(change):
    layers, x = front().eval(), torch.randn(1, 3, 40)
    with torch.no_grad():
        before = layers(x)
        assert torch.equal(layers(x), before)
        change(layers)
        layers.eval()
        x = x.to(layers.temporal.weight.dtype)
        found = layers(x)
    assert not torch.equal(found, before)
    torch.testing.assert_close(found, copy.deepcopy(layers)(x).detach(), rtol=0, atol=0)


def test_a_front_evaluated_in_inference_mode_can_be_trained():
    layers, x = front(), torch.randn(2, 3, 40)
    with torch.inference_mode():
        layers.eval()(x)
    layers(x).sum().backward()
    layers.train()(x).sum().backward()
    assert layers.temporal.weight.grad.isfinite().all()
