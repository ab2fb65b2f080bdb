"""Padding has no influence on models that process consecutive windows."""

import pytest
import torch

from eegzoo.models import create_model, find_entry, list_models
from eegzoo.models.sequence_models import RecurrentModel

RECURRENT = [
    name for name in list_models() if issubclass(find_entry(name).model_class, RecurrentModel)
]
SMALL = {"tinysleepnet": {"n_filters": 8, "hidden_size": 8}}


def make_model(name):
    torch.manual_seed(0)
    model = create_model(
        name, n_chans=1, n_times=3000, n_outputs=5, sfreq=100.0, **SMALL.get(name, {})
    )
    for layer in model.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.p = 0.0
    return model.train()


@pytest.mark.parametrize("name", RECURRENT)
def test_padding_changes_no_output_and_no_statistic_in_training(name):
    x, lengths = 20 * torch.randn(2, 3, 1, 3000), torch.tensor([3, 2])
    x[1, 2] = 0
    results = []
    for n_padding in (0, 4):
        padded = torch.cat([x, torch.full((2, n_padding, 1, 3000), 1e3)], dim=1)
        model = make_model(name)
        outputs = model(padded, lengths=lengths)
        outputs[0, :3].sum().backward()
        gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
        results.append((outputs[0, :3], outputs[1, :2], gradients, dict(model.named_buffers())))
    torch.testing.assert_close(results[0], results[1], rtol=1e-4, atol=1e-5)


def test_known_recurrent_models_are_tested():
    assert {"tinysleepnet", "deepsleepnet"} <= set(RECURRENT)
