"""Every model computes in float16, and can be differentiated twice in evaluation."""

import pytest
import torch

from eegzoo.testing.model_case import windows
from tests.models.test_every_model import case, every_class, every_model


@every_model
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_autocast_stays_close_to_float32(name, dtype):
    torch.manual_seed(0)
    model = case(name).build().eval()
    x = windows(model)
    with torch.no_grad():
        expected = model(x)
        with torch.autocast("cpu", dtype):
            outputs = model(x)
    share = 1e-2 if dtype == torch.float16 else 8e-2
    error = (outputs.float() - expected).abs().max()
    assert error <= share * max(1.0, float(expected.abs().max()))


@every_class
def test_outputs_can_be_differentiated_twice_in_evaluation(name):
    """Saliency maps and gradient penalties need this."""
    torch.manual_seed(0)
    model = case(name).build().eval()
    x = windows(model, batch=2).requires_grad_()
    (gradient,) = torch.autograd.grad(model(x).square().sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(gradient.square().sum(), x)
    assert torch.isfinite(second).all()
