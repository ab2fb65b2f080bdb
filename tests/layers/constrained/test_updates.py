"""With a rate below one an update moves once, in whatever mode it is used first. Line 3."""

import copy
import pickle
import threading

import pytest
import torch
from torch import nn

from eegzoo.layers import ConstrainedDense, bake

LIMITS = {"max_norm": 1.4, "min_norm": 0.9, "minmax_rate": 0.3}
KERAS = 4.6737


def after_one_step():
    """A layer after the step of which Keras's output is known, not projected yet."""
    layer = ConstrainedDense(4, 1, bias=False, max_norm=1.0, min_norm=0.0, minmax_rate=0.5)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, 0.0, 0.0, 0.0]]))
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    (layer(torch.ones(1, 4)) - 9).square().sum().backward()
    optimizer.step()
    torch.testing.assert_close(layer.weight.detach(), torch.tensor([[2.6, 1.6, 1.6, 1.6]]))
    return layer


def saved_and_loaded(layer):
    other = ConstrainedDense(4, 1, bias=False, max_norm=1.0, min_norm=0.0, minmax_rate=0.5)
    other.load_state_dict(layer.state_dict())
    return other


def loaded_by_assignment(layer):
    other = ConstrainedDense(
        4, 1, bias=False, device="meta", max_norm=1.0, min_norm=0.0, minmax_rate=0.5
    )
    other.load_state_dict(layer.state_dict(), assign=True)
    return other


def exported(layer):
    return torch.export.export(layer, (torch.ones(1, 4),)).module()


def frozen_in_training(layer):
    return layer.train().requires_grad_(False)


USES = [
    lambda layer: layer,
    bake,
    exported,
    copy.deepcopy,
    lambda layer: pickle.loads(pickle.dumps(layer)),
    saved_and_loaded,
    loaded_by_assignment,
    lambda layer: saved_and_loaded(saved_and_loaded(layer)),
    lambda layer: saved_and_loaded(layer).train(),
    frozen_in_training,
    lambda layer: layer.train(),
    lambda layer: torch.compile(layer, fullgraph=True, backend="eager"),
]
NAMES = [
    "evaluation", "bake", "export", "deepcopy", "pickle", "saved and loaded", "assigned",
    "twice saved and loaded", "loaded, in training", "frozen", "training", "compiled",
]  # fmt: skip


@pytest.mark.parametrize("use", USES, ids=NAMES)
@pytest.mark.parametrize("gradients", [True, False])
def test_the_last_step_is_projected_as_in_keras(use, gradients):
    layer = after_one_step().eval()
    with torch.set_grad_enabled(gradients):
        output = use(layer)(torch.ones(1, 4))
    assert output.item() == pytest.approx(KERAS, abs=1e-4)


def test_evaluation_leaves_the_stored_weight_alone():
    layer = after_one_step().eval()
    for _ in range(3):
        assert layer(torch.ones(1, 4)).item() == pytest.approx(KERAS, abs=1e-4)
        layer.state_dict()
        bake(layer)
    torch.testing.assert_close(layer.weight.detach(), torch.tensor([[2.6, 1.6, 1.6, 1.6]]))
    layer.train()(torch.ones(1, 4))  # and training stores what evaluation used
    assert layer.weight.sum().item() == pytest.approx(KERAS, abs=1e-4)
    assert layer.eval()(torch.ones(1, 4)).item() == pytest.approx(KERAS, abs=1e-4)


def test_training_goes_on_from_a_state_dict_as_without_it():
    layer = after_one_step()
    other = saved_and_loaded(layer)
    for module in (layer, other):
        optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            (module(torch.ones(1, 4)) - 9).square().sum().backward()
            optimizer.step()
    torch.testing.assert_close(other.weight, layer.weight)
    torch.testing.assert_close(other.state_dict(), layer.state_dict())


@pytest.mark.parametrize("pending", [True, False])
def test_a_layer_saved_and_loaded_gives_the_outputs_it_gave(case, pending):
    layer, other = case.layer(**LIMITS), case.make(**LIMITS)
    if not pending:
        layer(case.x())
    expected = layer.eval()(case.x())
    other.load_state_dict(layer.state_dict())
    for module in (other.eval(), other.train(), layer.train()):
        torch.testing.assert_close(module(case.x()), expected)


def test_a_state_dict_is_live_once_the_weight_is_projected(case):
    layer = case.layer(**LIMITS)
    layer(case.x())
    parameters = dict(layer.named_parameters())
    for name, tensor in layer.state_dict().items():
        assert tensor.data_ptr() == parameters[name].data_ptr()


def test_part_of_a_state_dict_marks_no_other_weight():
    layer = after_one_step()
    layer.load_state_dict({}, strict=False)
    assert layer.eval()(torch.ones(1, 4)).item() == pytest.approx(KERAS, abs=1e-4)


@pytest.mark.parametrize("rate", [1.0, 0.3])
def test_training_mode_without_gradients_computes_as_evaluation(case, rate):
    layer = case.layer(**{**LIMITS, "minmax_rate": rate})
    layer(case.x())
    with torch.no_grad():
        for _, weight in case.weights(layer):
            weight.mul_(3)
        in_training, in_evaluation = layer(case.x()), layer.eval()(case.x())
    assert torch.equal(in_training, in_evaluation)


def test_renewed_statistics_normalise_what_evaluation_computes():
    torch.manual_seed(0)
    layer = ConstrainedDense(4, 6, max_norm=1.0, min_norm=0.5, minmax_rate=0.5)
    net = nn.Sequential(layer, nn.BatchNorm1d(6, momentum=None, affine=False))
    with torch.no_grad():
        layer.weight.mul_(20)
    x = torch.randn(2000, 4)
    loader = torch.utils.data.DataLoader(x, batch_size=500)
    torch.optim.swa_utils.update_bn(loader, net)
    spread = net.eval()(x).std(0)
    torch.testing.assert_close(spread, torch.ones(6), rtol=0.02, atol=0)  # was 1.96


def test_threads_agree_before_the_projection(case):
    layer = case.layer(**LIMITS).eval()
    expected, outputs = layer(case.x()), []
    threads = [threading.Thread(target=lambda: outputs.append(layer(case.x()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.equal(output, expected) for output in outputs)
    assert len(outputs) == 8
