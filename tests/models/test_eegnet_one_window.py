"""One window of EEGNet in evaluation: matrices that follow every change of the model."""

import copy
import pickle
import threading

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from eegzoo.layers import ConstrainedDense, fused_fronts
from eegzoo.layers.blocks.maps_sequential import MapsSequential
from eegzoo.layers.one_window.eegnet_window import OneWindow
from eegzoo.models import EEGNet, create_model, norm_features, optimize_for_inference

SIZES = {"n_chans": 4, "n_times": 64, "n_outputs": 3, "sfreq": 64, "kernel_length": 9}


@pytest.fixture
def model():
    """Return a trained network in float64, whose weights are beyond their limits."""
    torch.manual_seed(0)
    model = EEGNet(**SIZES).double()
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            nn.init.uniform_(module.weight, 0.5, 2.0)
            nn.init.normal_(module.bias)
    model(torch.randn(8, 4, 64, dtype=torch.float64))
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(2)
    return model.eval()


@pytest.fixture
def calls(monkeypatch):
    """Count the windows that matrices compute."""
    found, forward = [], OneWindow.forward
    monkeypatch.setattr(OneWindow, "forward", lambda *args: found.append(1) or forward(*args))
    return found


def window(dtype=torch.float64):
    return torch.randn(1, 4, 64, dtype=dtype, generator=torch.Generator().manual_seed(1))


def by_layers(model, x):
    """Compute the window as one of two, for which there is no other way than the layers."""
    with torch.no_grad():
        return model(x.expand(2, -1, -1))[:1]


def check(model, x):
    expected = by_layers(model, x)
    with torch.no_grad():
        torch.testing.assert_close(model(x), expected, rtol=1e-10, atol=1e-10)
    with torch.inference_mode():
        torch.testing.assert_close(model(x), expected, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(model(x).detach(), expected, rtol=1e-10, atol=1e-10)


def step(model):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    model.train()(torch.randn(4, 4, 64, dtype=torch.float64)).square().sum().backward()
    optimizer.step()
    model.eval()


def write_through_numpy(model):
    model.separable[0].weight.detach().numpy()[:] += 1


def swap_data(model):
    model.separable[1].weight.data = model.separable[1].weight.data * 2


def halve_an_item(model):
    model.separable[1].weight.data[0, 0] *= 0.5


def load(model):
    torch.manual_seed(5)
    model.load_state_dict(EEGNet(**SIZES).double().state_dict())


def assign(model):
    torch.manual_seed(5)
    model.load_state_dict(EEGNet(**SIZES).double().state_dict(), assign=True)


def change_a_limit(model):
    model.head.set_constraint(0.1, None, 1, 1.0)


def replace_an_activation(model):
    model.reduce[1] = nn.ReLU()


def another_container(model):
    class Doubled(MapsSequential):
        def forward(self, x):
            return 2 * super().forward(x)

    model.reduce = Doubled(*model.reduce).eval()


def a_parametrized_head(model):
    model.head = nn.Linear(model.num_features, 3).double()
    parametrize.register_parametrization(model.head, "bias", nn.Tanh())


CHANGES = {
    "in place": lambda model: model.head.weight.data.mul_(0.01),
    "an item": halve_an_item,
    "swapped data": swap_data,
    "numpy": write_through_numpy,
    "running statistics": lambda model: model.front.norm.running_var.data.mul_(3),
    "affine": lambda model: nn.init.normal_(model.separable[2].bias),
    "a step of Adam": step,
    "load_state_dict": load,
    "load_state_dict, assigned": assign,
    "reset_head": lambda model: model.reset_head(3),
    "limit": change_a_limit,
    "eps": lambda model: setattr(model.reduce[0], "eps", 0.5),
    "alpha": lambda model: setattr(model.reduce[1], "alpha", 0.3),
    "activation": replace_an_activation,
    "container": another_container,
    "a head without bias": lambda model: setattr(
        model, "head", ConstrainedDense(model.num_features, 3, bias=False).double().eval()
    ),
    "parametrized": a_parametrized_head,
    "features normalised": lambda model: (norm_features(model), model.eval()),
    "a norm in training mode": lambda model: model.front.norm.train(),
    "another mode": lambda model: model.train().eval(),
    "fused": lambda model: setattr(model.front, "fused", False),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_follows_every_change(model, change):
    x = window()
    check(model, x)
    change(model)
    if model.front.norm.training:  # its outputs depend on the batch
        with torch.no_grad():
            torch.testing.assert_close(model(x), model(x), rtol=1e-10, atol=1e-10)
        return
    check(model, x)


def test_matrices_are_made_once_and_again_after_a_change(model, calls, monkeypatch):
    made, init = [], OneWindow.__init__
    monkeypatch.setattr(OneWindow, "__init__", lambda *args: made.append(1) or init(*args))
    with torch.no_grad():
        for _ in range(3):
            model(window())
        model.head.bias.data += 1
        model(window())
    assert (len(calls), len(made)) == (4, 2)


@pytest.mark.parametrize(
    "hooked",
    ["reduce.1", "front.temporal", "head", "front", "reduce", "separable"],
    ids=lambda name: name,
)
def test_hooks_run(model, hooked):
    seen, x = [], window()
    with torch.no_grad():
        model(x)
        hook = model.get_submodule(hooked).register_forward_hook(lambda *_: seen.append(hooked))
        model(x)
        assert seen == [hooked]
        hook.remove()
        everywhere = nn.modules.module.register_module_forward_hook(
            lambda module, *_: seen.append(type(module))
        )
        model(x)
        everywhere.remove()
    assert nn.AvgPool1d in seen


def test_replaced_methods_run(model):
    x = window()
    with torch.no_grad():
        model(x)
        model.reduce[1].forward = torch.zeros_like
        check(model, x)
        del model.reduce[1].forward
        model.features = lambda x: torch.zeros(len(x), model.num_features, dtype=x.dtype)
        torch.testing.assert_close(model(x)[0], model.head.bias)


def test_a_subclass_computes_as_it_says(calls):
    class Doubled(EEGNet):
        def features(self, x):
            return 2 * super().features(x)

    torch.manual_seed(0)
    check(Doubled(**SIZES).double().eval(), window())
    assert not calls


def test_other_ways_of_calling_use_the_layers(model, calls):
    x = window()
    expected = by_layers(model, x)
    weights = {name: 2 * weight for name, weight in model.named_parameters()}
    with torch.no_grad():
        model(x)
        calls.clear()
        found = torch.vmap(lambda x: model(x))(x.unsqueeze(0))[0]
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
        with fused_fronts(False):
            torch.testing.assert_close(model(x), expected, rtol=1e-10, atol=1e-10)
        with torch.autocast("cpu", torch.bfloat16):
            model(x)
        compiled = torch.compile(model, fullgraph=True, backend="eager")
        torch.testing.assert_close(compiled(x), expected, rtol=1e-10, atol=1e-10)
        exported = torch.export.export(model, (x,)).module()
        torch.testing.assert_close(exported(x), expected, rtol=1e-10, atol=1e-10)
    assert model(x.clone().requires_grad_()).requires_grad
    assert not calls
    with torch.no_grad():
        doubled = copy.deepcopy(model)
        for weight in doubled.parameters():
            weight.mul_(2)
        found = torch.func.functional_call(model, weights, (x,))
        torch.testing.assert_close(found, by_layers(doubled, x), rtol=1e-10, atol=1e-10)
        torch.testing.assert_close(model(x), expected, rtol=1e-10, atol=1e-10)


def gradients(model, outputs):
    grad = torch.arange(1.0, 4, dtype=torch.float64).expand_as(outputs)
    return torch.autograd.grad(outputs, list(model.parameters()), grad)


def by_layers_with_gradients(model, x):
    return model.head(model.features(x))


def test_gradients_are_those_of_the_layers(model, calls):
    x = window()
    found, expected = (gradients(model, way(x)) for way in (
        model, lambda x: by_layers_with_gradients(model, x)))  # fmt: skip
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    assert len(calls) == 1
    outputs = model(x)
    outputs.sum().backward(retain_graph=True)
    outputs.sum().backward()
    torch.testing.assert_close(model.head.bias.grad, torch.full_like(model.head.bias, 2.0))


def test_gradients_have_gradients(model):
    x, found = window(), []
    for way in (model, lambda x: by_layers_with_gradients(model, x)):
        first = torch.autograd.grad(way(x).square().sum(), model.head.weight, create_graph=True)[0]
        found.append(
            torch.autograd.grad(first.square().sum(), [model.head.weight, model.front.norm.weight])
        )
    torch.testing.assert_close(*found, rtol=1e-10, atol=1e-10)


def test_gradients_are_those_of_the_forward_pass_whatever_comes_after_it(model):
    x = window()
    expected = gradients(model, by_layers_with_gradients(model, x))
    outputs = model(x)
    model.train()
    model.reduce[1].alpha = 0.3
    torch.testing.assert_close(gradients(model, outputs), expected, rtol=1e-10, atol=1e-10)


def test_gradients_reach_parameters_that_replaced_equal_ones(model):
    x = window()
    model(x)
    model.head.weight = nn.Parameter(model.head.weight.detach().clone())
    model(x).sum().backward()
    assert model.head.weight.grad is not None


def test_frozen_parameters_have_no_gradients(model, calls):
    model.requires_grad_(False)
    assert not model(window()).requires_grad
    model.head.bias.requires_grad_(True)
    model(window()).sum().backward()
    assert [name for name, x in model.named_parameters() if x.grad is not None] == ["head.bias"]
    assert len(calls) == 2


@pytest.mark.parametrize("tensor", ["head.weight", "front.norm.running_var"])
def test_a_gradient_after_a_change_in_place_is_an_error(model, tensor):
    outputs = model(window())
    with torch.no_grad():
        model.state_dict()[tensor].mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        outputs.sum().backward()


def test_copies_and_pickles_follow_their_own_weights(model):
    x = window()
    check(model, x)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        check(other, x)
        other.head.weight.data.neg_()
        check(other, x)
    check(model, x)
    assert list(model.state_dict()) == list(EEGNet(**SIZES).state_dict())


def test_it_follows_a_change_of_dtype_and_refuses_what_the_layers_refuse(model):
    check(model, window())
    model.float()
    torch.testing.assert_close(
        model(window(torch.float32)), by_layers(model, window(torch.float32))
    )
    with torch.no_grad():
        with pytest.raises(RuntimeError, match="expected"):
            model(window())
        with pytest.raises(ValueError, match=r"expected x of shape .*n_chans=4"):
            model(torch.zeros(1, 5, 64))
        with pytest.raises(TypeError, match="floating-point"):
            model(torch.zeros(1, 4, 64, dtype=torch.int64))
    assert model.to("meta")(torch.zeros(1, 4, 64, device="meta")).is_meta


def test_weights_that_are_not_finite_are_not_hidden(model):
    with torch.no_grad():
        model(window())
        model.separable[1].weight.data[0, 0, 0] = torch.nan
        for _ in range(2):
            assert model(window()).isnan().all()


def test_threads_never_see_the_matrices_of_other_weights(model):
    x, wrong = window(), []
    biases = [model.head.bias.data, model.head.bias.data + 1]
    expected = [by_layers(model, x), by_layers(model, x) + 1]

    def call():
        for _ in range(20):
            with torch.no_grad():
                found = model(x)
            if not any(torch.allclose(found, one) for one in expected):
                wrong.append(found)

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for turn in range(21):
        model.head.bias.data = biases[turn % 2]
    for thread in threads:
        thread.join()
    assert not wrong
    check(model, x)


@pytest.mark.parametrize("extra", ["virtual channels", "normalised features"])
def test_what_precedes_and_follows_the_layers_is_not_left_out(extra):
    torch.manual_seed(0)
    if extra == "virtual channels":  # as many as there are channels
        freqs = [8.0, 10.0, 12.0, 15.0]
        sizes = {"n_chans": 8, "n_times": 64, "n_outputs": 3, "sfreq": 64}
        model = create_model("eegnet", **sizes, stimulus_freqs=freqs).eval()
    else:
        model = EEGNet(**SIZES).eval()
        norm_features(model)
        model.eval()
    x = torch.randn(1, model.n_chans, 64)
    expected = by_layers(model, x)
    with torch.no_grad():
        torch.testing.assert_close(model(x), expected, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(optimize_for_inference(model)(x), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        lambda model: setattr(model.reduce[2], "ceil_mode", True),
        lambda model: setattr(model.reduce[2], "stride", (2,)),
        lambda model: setattr(model.separable[0], "padding", "valid"),
        lambda model: setattr(model.separable[1], "groups", 2),
        lambda model: model.half(),
    ],
    ids=["ceil", "stride", "padding", "groups", "half"],
)
def test_layers_of_another_kind_have_no_matrices(model, change):
    assert isinstance(model.fold_one_window(), OneWindow)
    change(model)
    assert model.fold_one_window() is None
