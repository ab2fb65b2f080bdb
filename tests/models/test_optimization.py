"""Models for inference: the outputs of the original, faster, for all that models are used for."""

import copy
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import eegzoo
from eegzoo.layers import ConstrainedDense, NormConstraint
from eegzoo.layers.fronts.folded_front import FoldedFront
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.models import EEGNet, create_model, find_entry, freeze, optimize_for_inference
from eegzoo.testing.model_case import is_dropout, windows
from eegzoo.torch_internals import BatchNormBase
from tests.models.test_every_model import CLASSES, NAMES, build

# Models whose normalisations follow an activation, a concatenation or fixed features, or count
# samples as maps.
KEEPING_NORMS = {
    "eeginception_mi": 6, "eegnex": 5, "sparcnet": 6, "ssvep_front": 1, "tangent_net": 1,
    "tangent_net_two_heads": 1, "tidnet": 3, "usleep": 7,
}  # fmt: skip


def trained(model):
    """Give a model running statistics, affine norms and weights beyond their limits."""
    model.train()
    for module in model.modules():
        if isinstance(module, BatchNormBase) and module.weight is not None:
            nn.init.uniform_(module.weight, 0.5, 2.0)
            nn.init.normal_(module.bias)
    with torch.no_grad():
        for _ in range(3):
            model(windows(model))
        for module in model.modules():
            if isinstance(module, NormConstraint):
                module.weight.mul_(3)
    return model


def assert_near(actual, expected, tolerance=1e-5):
    """Compare relative to the largest value, as rounding is."""
    size = max(1.0, expected.abs().max().item()) if expected.numel() else 1.0
    torch.testing.assert_close(actual, expected, rtol=0, atol=tolerance * size)


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("name", NAMES)
def test_outputs_equal_those_of_every_model(name, training):
    for dtype, tolerance in ((torch.float32, 1e-5), (torch.float64, 1e-10)):
        model = trained(build(name).to(dtype)).train(training)
        before = copy.deepcopy(model.state_dict())
        fast = optimize_for_inference(model)
        assert model.training is training
        assert all(weight.requires_grad for weight in model.head.parameters())
        torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)
        model.eval()
        with torch.no_grad():
            for batch in (1, 4):
                x = windows(model, batch)
                assert_near(fast(x), model(x), tolerance)
                if dtype is torch.float64:
                    assert_near(fast.features(x), model.features(x), tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_no_dropout_constraint_or_foldable_norm_is_left(name):
    fast = optimize_for_inference(build(name))
    modules = list(fast.modules())
    assert not any(isinstance(module, NormConstraint) or is_dropout(module) for module in modules)
    left = sum(isinstance(module, BatchNormBase) for module in modules)
    assert left == KEEPING_NORMS.get(name, 0)
    if isinstance(getattr(build(name), "front", None), TemporalSpatialConv):
        assert any(isinstance(module, FoldedFront) for module in modules)


@pytest.mark.parametrize("name", CLASSES)
def test_copies_and_the_exported_program_give_the_same_outputs(name):
    model = trained(build(name)).eval()
    fast = optimize_for_inference(model)
    x = windows(model, 2)
    with torch.no_grad():
        for again in (copy.deepcopy(fast), pickle.loads(pickle.dumps(fast))):
            torch.testing.assert_close(again(x), fast(x), rtol=0, atol=0)
        batch = torch.export.Dim("batch")
        exported = torch.export.export(fast, (x,), dynamic_shapes=({0: batch},)).module()
        for number in (1, 3):
            x = windows(model, number)
            assert_near(exported(x), model(x))


@settings(max_examples=25, deadline=None)
@given(
    n_chans=st.integers(1, 20),
    n_times=st.integers(32, 300),
    kernel_length=st.integers(1, 70),
    second=st.integers(1, 17),
    F1=st.integers(1, 5),
    D=st.integers(1, 3),
    F2=st.integers(1, 7),
    pools=st.tuples(st.integers(1, 5), st.integers(1, 6)),
    activation=st.sampled_from([nn.ELU, nn.ReLU, nn.Softplus]),
)
def test_eegnet_of_any_size_keeps_its_outputs_for_one_window_and_many(
    n_chans, n_times, kernel_length, second, F1, D, F2, pools, activation
):
    model = EEGNet(
        n_chans, n_times, 3, 128, F1=F1, D=D, F2=F2, kernel_length=kernel_length,
        second_kernel_length=second, pool_lengths=pools, activation=activation,
    ).double()  # fmt: skip
    model = trained(model).eval()
    fast = optimize_for_inference(model)
    for batch in (1, 3):
        x = windows(model, batch)
        assert_near(fast(x), model(x), 1e-10)


def eegnet(**changes):
    return trained(build("eegnet", **changes)).eval()


def test_one_window_of_eegnet_is_computed_by_matrices_and_other_batches_are_not():
    fast = optimize_for_inference(eegnet())
    called = []
    fast.one_window.register_forward_hook(lambda *_: called.append("one"))
    fast.network.register_forward_hook(lambda *_: called.append("network"))
    for batch in (1, 2, 0):
        fast(windows(fast.network, batch))
    assert called == ["one", "network", "network"]


@pytest.mark.parametrize(
    "changes",
    [{"activation": nn.Softmax}, {"F1": 96, "D": 1, "kernel_length": 128, "n_times": 256}],
    ids=["activation over an axis", "too large"],
)
@pytest.mark.filterwarnings("ignore:Implicit dimension choice")
def test_eegnet_without_a_shorter_way_for_one_window_uses_its_layers(changes):
    model = eegnet(**changes)
    fast = optimize_for_inference(model)
    x = windows(model, 1)
    assert fast.one_window is None
    assert_near(fast(x), model(x))


def test_hooks_still_run():
    model, seen = eegnet(), []
    model.separable[3].register_forward_hook(lambda *_: seen.append("activation"))
    fast = optimize_for_inference(model)
    seen.clear()
    fast(windows(model, 1))
    assert seen == ["activation"]


def test_sizes_and_names_are_kept_and_windows_of_another_shape_raise():
    model = create_model(
        "eegnet", n_chans=2, n_times=64, n_outputs=3, sfreq=128, ch_names=["C3", "C4"]
    )
    fast = optimize_for_inference(model)
    for key in ("n_chans", "n_times", "n_outputs", "sfreq", "ch_names", "num_features"):
        assert getattr(fast, key) == getattr(model, key)
    for batch in (1, 2):
        with pytest.raises(ValueError, match=r"expected x of shape .*n_chans=2, n_times=64"):
            fast(torch.zeros(batch, 3, 64))
        with pytest.raises(TypeError, match="floating-point"):
            fast(torch.zeros(batch, 2, 64, dtype=torch.int64))
    assert "EEGNet for inference, n_chans=2, n_times=64, n_outputs=3, sfreq=128" in repr(fast)


def test_it_cannot_be_trained():
    fast = optimize_for_inference(eegnet())
    with pytest.raises(RuntimeError, match="optimize_for_inference cannot be trained"):
        fast.train()
    with pytest.raises(RuntimeError, match="expected requires_grad=False"):
        fast.requires_grad_()
    nn.Sequential(fast).eval()
    fast.network.train()
    assert not any(module.training for module in fast.modules())
    assert not any(weight.requires_grad for weight in fast.parameters())
    x = windows(fast.network, 1)
    assert not fast(x).requires_grad
    # Explanations need the gradient of the input.
    (gradient,) = torch.autograd.grad(fast(x.requires_grad_()).sum(), x)
    (expected,) = torch.autograd.grad(fast.network(x).sum(), x)
    torch.testing.assert_close(gradient, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("wrong", [nn.Linear(2, 2), "optimized", None])
def test_anything_but_a_model_raises(wrong):
    wrong = optimize_for_inference(build("eegnet")) if wrong == "optimized" else wrong
    with pytest.raises(TypeError, match=f"EEGModel, got {type(wrong).__name__}"):
        optimize_for_inference(wrong)


def test_a_frozen_model_can_be_optimized_and_stays_frozen():
    model = eegnet()
    freeze(model)
    fast = optimize_for_inference(model)
    assert model.frozen_parts
    x = windows(model)
    assert_near(fast(x), model(x))


def test_state_and_lengths_of_a_sequence_model_are_passed_on():
    model = trained(build("tinysleepnet")).eval()
    fast = optimize_for_inference(model)
    x = windows(model, 6).unflatten(0, (2, 3))
    expected, state = model(x, return_state=True)
    found, found_state = fast(x, return_state=True)
    torch.testing.assert_close((found, found_state), (expected, state), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(fast(x, state), model(x, state), rtol=1e-5, atol=1e-5)
    lengths = torch.tensor([3, 1])
    torch.testing.assert_close(
        fast(x, lengths=lengths), model(x, lengths=lengths), rtol=1e-5, atol=1e-5
    )


def test_the_compiled_model_has_no_graph_break_and_equals_the_original():
    model = eegnet()
    compiled = torch.compile(optimize_for_inference(model), fullgraph=True, backend="aot_eager")
    for batch in (1, 3):
        x = windows(model, batch)
        assert_near(compiled(x), model(x))


def test_it_follows_another_dtype():
    model = eegnet().double()
    fast = optimize_for_inference(model.float()).double()
    x = windows(model.double(), 1)
    assert_near(fast(x), model(x))


def test_a_layer_with_a_forward_of_its_own_keeps_its_constraint():
    class Doubled(ConstrainedDense):
        def forward(self, x):
            return 2 * super().forward(x)

    model = eegnet()
    model.head = Doubled(model.num_features, 3, max_norm=0.25)
    with torch.no_grad():
        model.head.weight.mul_(100)
    fast = optimize_for_inference(model)
    assert fast.one_window is None
    assert isinstance(fast.network.head, Doubled)
    x = windows(model, 1)
    assert_near(fast(x), model.eval()(x))


class Branching(eegzoo.models.EEGModel):
    """Network whose convolution is used by a normalisation and by something else."""

    def __init__(self, n_chans, n_times, n_outputs, sfreq):
        super().__init__(n_chans, n_times, n_outputs, sfreq)
        self.conv = nn.Conv1d(n_chans, 4, 1)
        self.norm = nn.BatchNorm1d(4)
        self.num_features = 8
        self.head = nn.Linear(8, n_outputs)

    def features(self, x):
        y = self.conv(x)
        return torch.cat([self.norm(y).relu(), y], 1).mean(2)


class Repeated(Branching):
    """Network that uses one convolution twice."""

    def features(self, x):
        return torch.cat([self.norm(self.conv(x)), self.conv(x).relu()], 1).mean(2)


@pytest.mark.parametrize("kind", [Branching, Repeated])
def test_a_norm_is_not_folded_into_a_layer_with_another_use(kind):
    model = trained(kind(3, 64, 2, 128)).eval()
    fast = optimize_for_inference(model)
    assert any(isinstance(module, BatchNormBase) for module in fast.modules())
    x = windows(model, 2)
    assert_near(fast(x), model(x))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_a_graph_traced_with_one_window_holds_for_more():
    model = eegnet()
    fast = optimize_for_inference(model)
    traced = torch.jit.trace(fast, windows(model, 1), check_trace=False)
    x = windows(model, 3)
    assert_near(traced(x), model(x))
    assert_near(torch.vmap(fast)(x.unsqueeze(1)).squeeze(1), model(x))


def test_random_numbers_are_not_drawn():
    model = eegnet()
    state = torch.get_rng_state()
    optimize_for_inference(model)
    assert torch.equal(torch.get_rng_state(), state)


def test_standard_sizes_take_the_fast_way_for_one_window():
    for name in ("eegnet", "eegnet_4_2", "eegnet_8_2"):
        model = create_model(name, **find_entry(name).standard)
        assert optimize_for_inference(model).one_window is not None
