"""Copies, pickles and state dicts. Line 9 of the contract."""

import copy
import io
import pickle

import pytest
import torch

RATES = [1.0, 0.3]


def by_torch_save(layer):
    file = io.BytesIO()
    torch.save(layer, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer)), by_torch_save],
    ids=["deepcopy", "pickle", "torch.save"],
)
def test_a_copy_trains_like_the_original(case, copied, rate):
    # braindecode: models cannot be pickled.
    layer = case.layer(max_norm=1.4, min_norm=0.9, minmax_rate=rate)
    layer(case.x())
    other = copied(layer)
    assert repr(other) == repr(layer)
    for module in (layer, other):
        module(case.x())
        optimizer = torch.optim.SGD(module.parameters(), lr=1.0)
        module(case.x()).square().mean().backward()
        optimizer.step()
        module(case.x())
    for ours, theirs in zip(layer.parameters(), other.parameters(), strict=True):
        assert ours is not theirs
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("rate", RATES)
def test_state_dict_keys_equal_those_of_the_plain_layer(case, rate):
    # braindecode: keys become parametrizations.weight.original.
    layer = case.layer(max_norm=1.4, min_norm=0.9, minmax_rate=rate)
    plain = case.plain()
    assert list(layer.state_dict()) == list(plain.state_dict())
    plain.load_state_dict(layer.state_dict(), strict=True)
    other = case.make(max_norm=1.4, min_norm=0.9, minmax_rate=rate)
    other.load_state_dict(plain.state_dict(), strict=True)
    assert [name for name, _ in layer.named_parameters()] == list(plain.state_dict())
    for name, tensor in layer.state_dict().items():
        assert torch.equal(other.state_dict()[name], tensor)


@pytest.mark.parametrize("rate", RATES)
def test_state_dicts_load_with_weights_only(case, rate, tmp_path):
    layer = case.layer(max_norm=1.4, min_norm=0.9, minmax_rate=rate)
    torch.save(layer.state_dict(), tmp_path / "weights.pt")
    state = torch.load(tmp_path / "weights.pt", weights_only=True)
    assert {name: tensor.shape for name, tensor in state.items()} == {
        name: tensor.shape for name, tensor in case.plain().state_dict().items()
    }
