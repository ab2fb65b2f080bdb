"""Tests that every registered model must pass."""

import copy
import io
import os
import pickle
import re
import shutil

import pytest
import torch
from torch import nn
from torch.func import functional_call

from eegzoo.layers import NormConstraint
from eegzoo.models import create_model, find_entry, list_models, load_model, save_model
from eegzoo.models.sequence_models import SequenceModel

NAMES = list_models()
# The slowest tests use one model of each class, because variants run the same code.
CLASSES = list({find_entry(name).model_class: name for name in reversed(NAMES)}.values())

# Maximum number of samples in a window, which keeps tests fast.
N_TIMES = 256
# Sizes for models that half the standard sampling rate and `N_TIMES` do not suit.
SMALL_SIZES: dict[str, dict[str, object]] = {
    "atcnet": {"n_segments": 2, "n_times": 168},
    "deepsleepnet": {"n_filters": 8, "hidden_size": 16},  # 22 million parameters take minutes
    # With more ReLUs, one is more often so close to its kink that finite differences are wrong.
    "eeginception_mi": {"n_filters": 2, "n_kernels": 2, "n_times": 40},
    "resnet1d": {"n_filters": 4, "depths": (1, 1, 1, 1), "n_times": 97},
    "resnet1d_selfeeg": {"n_filters": 4, "n_times": 97},
    "transformeeg": {"n_times": 24},
    "usleep": {"depth": 2},  # a depth of 12 takes minutes to compile
    "xeegnet": {"frozen_temporal": False},  # frozen filters get no gradient
}
# Learning rates of models that learn a tiny batch only at a rate below 0.01.
LEARNING_RATES: dict[str, float] = {"stnet": 0.001}
# Models whose ONNX export is not tested, and the reasons.
WITHOUT_ONNX: dict[str, str] = {
    "fbcnet": "onnxruntime's Fourier transform has errors of 1e-4 for lengths other than 2**n",
}

every_model = pytest.mark.parametrize("name", NAMES)
every_class = pytest.mark.parametrize("name", CLASSES)


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # faster than several threads for small tensors
    yield
    torch.set_num_threads(threads)


def sizes(name, rate=0.5, seconds=1.0):
    """Sizes with three channels and classes; `rate` and `seconds` multiply the standard ones."""
    standard = find_entry(name).standard
    n_times = round(standard["n_times"] * rate * seconds)
    return {"n_chans": 3, "n_times": n_times, "n_outputs": 3, "sfreq": standard["sfreq"] * rate}


def build(name, **changes):
    small = sizes(name)
    small["n_times"] = min(small["n_times"], N_TIMES)
    return create_model(name, **small | SMALL_SIZES.get(name, {}) | changes)


def windows(model, batch=4):
    dtype = next(model.parameters()).dtype
    return 20 * torch.randn(batch, model.n_chans, model.n_times, dtype=dtype)


def smallest_window(name):
    try:
        build(name, n_times=1)
    except ValueError as error:
        return int(re.search(r"expected n_times of at least (\d+)", str(error))[1])
    return 1


def takes_sequences(model):
    return isinstance(model, SequenceModel)


def snapshot(model):
    return {key: tensor.clone() for key, tensor in model.state_dict().items()}


def is_dropout(module):
    return isinstance(module, nn.modules.dropout._DropoutNd)


def without_dropout(model):
    for module in model.modules():
        if is_dropout(module):
            module.p = 0.0
    return model


def assert_same(actual, expected):
    torch.testing.assert_close(actual, expected, rtol=0, atol=0)


# Shapes.


@every_model
def test_standard_size_works(name):
    standard = find_entry(name).standard
    model = create_model(name, **standard).eval()
    assert model(windows(model, 2)).shape == (2, standard["n_outputs"])


@every_model
@pytest.mark.parametrize(
    ("n_chans", "rate", "seconds", "n_outputs"),
    [(1, 0.5, 1.0, 2), (7, 0.5, 1.37, 5), (19, 1.0, 1.0, 1), (2, 2.0, 0.71, 4)],
)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_sizes_can_be_chosen(name, n_chans, rate, seconds, n_outputs, training):
    chosen = sizes(name, rate, seconds) | {"n_chans": n_chans, "n_outputs": n_outputs}
    model = create_model(name, **chosen).train(training)
    assert model(windows(model)).shape == (4, n_outputs)
    assert {key: getattr(model, key) for key in chosen} == chosen


@every_model
def test_the_smallest_window_is_named_and_works(name):
    smallest = smallest_window(name)
    if smallest > 1:
        with pytest.raises(ValueError, match=f"n_times of at least {smallest}.*{smallest - 1}$"):
            build(name, n_times=smallest - 1)
    model = build(name, n_times=smallest)
    out = model(windows(model))
    out.sum().backward()
    assert out.shape == (4, 3)
    assert out.isfinite().all()


@every_model
def test_an_empty_batch_gives_no_outputs(name):
    model = build(name).eval()
    assert model(windows(model, 0)).shape == (0, 3)


# Inputs that the model does not expect.


@every_model
@pytest.mark.parametrize(
    ("channels", "samples"),
    [(1, 0), (-1, 0), (-2, 0), (0, 1), (0, -1)],
    ids=[
        "one channel more",
        "one channel less",
        "one channel",
        "one sample more",
        "one sample less",
    ],
)
def test_windows_of_another_size_raise(name, channels, samples):
    model = build(name).eval()
    shape = (2, model.n_chans + channels, model.n_times + samples)
    expected = rf"n_chans=3, n_times={model.n_times}\b.* got .*{shape[1]}, {shape[2]}\)"
    with pytest.raises(ValueError, match=expected):
        model(torch.randn(shape))


@every_model
@pytest.mark.parametrize("leading", [(), (2, 2, 2)], ids=["no batch", "rank 5"])
def test_windows_of_another_rank_raise(name, leading):
    model = build(name).eval()
    shape = (*leading, model.n_chans, model.n_times)
    expected = rf"n_chans=3, n_times={model.n_times}\b.* got {re.escape(str(shape))}"
    with pytest.raises(ValueError, match=expected):
        model(torch.randn(shape))


@every_model
def test_sequences_of_windows_are_accepted_or_raise(name):
    model = build(name).eval()
    sequences = windows(model, 6).unflatten(0, (2, 3))
    if takes_sequences(model):
        assert model(sequences).shape == (2, 3, 3)
    else:
        with pytest.raises(ValueError, match=r"expected x of shape .* got \(2, 3, 3, "):
            model(sequences)


@every_model
@pytest.mark.parametrize("dtype", [torch.int16, torch.int64, torch.complex64], ids=str)
def test_integer_and_complex_windows_raise(name, dtype):
    model = build(name).eval()
    with pytest.raises(TypeError, match=f"expected x of a floating-point dtype, got {dtype}"):
        model(windows(model).to(dtype))


@every_model
def test_nan_stays_in_its_window(name):
    model = build(name).eval()
    x = windows(model)
    clean = model(x)
    x[1, 0, model.n_times // 2] = torch.nan
    out = model(x)
    assert out[1].isnan().all()
    others = [0, 2, 3]
    torch.testing.assert_close(out[others], clean[others])


@every_model
def test_strided_windows_give_the_same_outputs(name):
    model = build(name).eval()
    x = windows(model)
    by_channel_last = x.transpose(1, 2).contiguous().transpose(1, 2)
    every_second = x.repeat_interleave(2, dim=2)[:, :, ::2]
    expected = model(x)
    torch.testing.assert_close(model(by_channel_last), expected)
    torch.testing.assert_close(model(every_second), expected)


# Evaluation and training.


@every_model
def test_windows_of_a_batch_do_not_influence_each_other(name):
    model = build(name).double()  # rounding in float32 depends on the size of the batch
    model(windows(model))  # updates the running statistics
    model.eval()
    x = windows(model)
    out = model(x)
    assert out.unique(dim=0).shape == out.shape  # equal outputs would hide an influence
    torch.testing.assert_close(torch.cat([model(window) for window in x.split(1)]), out)
    order = [2, 0, 3, 1]
    torch.testing.assert_close(model(x[order]), out[order])


@every_model
def test_evaluation_changes_no_state_and_draws_no_random_numbers(name):
    model = build(name).eval()
    x = windows(model)
    before, same_x, generator = snapshot(model), x.clone(), torch.get_rng_state()
    first = model(x)
    first.sum().backward()
    model.features(x)
    with torch.no_grad():
        assert_same(model(x), first.detach())
    assert_same(model.state_dict(), before)
    assert_same(x, same_x)
    assert_same(torch.get_rng_state(), generator)
    assert not any(module.training for module in model.modules())


@every_model
def test_training_does_not_change_the_windows(name):
    model = build(name)
    x = windows(model)
    same_x = x.clone()
    model(x).sum().backward()
    assert_same(x, same_x)


@every_model
def test_every_parameter_and_the_windows_get_a_gradient(name):
    model = without_dropout(build(name))
    x = windows(model, 6).requires_grad_()
    out = model(x.unflatten(0, (2, 3)) if takes_sequences(model) else x)
    out.square().sum().backward()
    for key, tensor in {**dict(model.named_parameters()), "x": x}.items():
        assert tensor.grad is not None, key
        assert tensor.grad.isfinite().all(), key
        assert tensor.grad.any(), key


@every_model
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_gradients_are_the_derivatives(name, training):
    model = without_dropout(build(name)).double().train(training)
    for module in model.modules():
        if isinstance(module, NormConstraint):
            module.max_norm = None  # constrained layers have the gradient at the projected weight
    x = torch.randn(3, model.n_chans, model.n_times, dtype=torch.float64, requires_grad=True)
    values = {"x": x, **dict(model.named_parameters())}
    weights = torch.randn(3, model.n_outputs, dtype=torch.float64)

    def loss(x, **parameters):
        return (functional_call(model, parameters, (x,)) * weights).sum()

    # Like the fast mode of torch's gradcheck, which takes hours to report a wrong gradient here.
    gradients = torch.autograd.grad(loss(**values), list(values.values()))
    for (key, value), gradient in zip(values.items(), gradients, strict=True):
        direction = torch.randn_like(value)
        direction /= direction.norm()
        with torch.no_grad():
            ahead = loss(**values | {key: value + 1e-6 * direction})
            behind = loss(**values | {key: value - 1e-6 * direction})
        slope, expected = (gradient * direction).sum(), (ahead - behind) / 2e-6
        torch.testing.assert_close(
            slope, expected, rtol=1e-5, atol=1e-7, msg=lambda why, key=key: f"{key}: {why}"
        )


@every_model
def test_every_model_can_overfit_a_tiny_batch(name):
    model = without_dropout(build(name))
    x, y = windows(model, 9) / 20, torch.arange(9) % 3
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATES.get(name, 0.01))
    losses = []
    for _ in range(60):
        out = model(x)
        loss = nn.functional.cross_entropy(out, y)
        losses.append(loss.item())
        if out.argmax(dim=1).equal(y) and losses[-1] < 0.5 * losses[0]:
            return
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    pytest.fail(f"not learnt after {len(losses)} steps: {losses[::10]}")


@every_model
def test_a_seed_determines_weights_and_dropout(name):
    def trained(seed):
        torch.manual_seed(seed)
        model = build(name)
        start = snapshot(model)
        x = windows(model)
        model(x).sum().backward()
        return start, model.state_dict(), [parameter.grad for parameter in model.parameters()]

    first, again, other = trained(3), trained(3), trained(4)
    assert_same(first, again)
    assert any(not torch.equal(first[0][key], other[0][key]) for key in first[0])


@every_model
def test_only_dropout_makes_training_passes_differ(name):
    model = build(name)
    x = windows(model)
    assert torch.equal(model(x), model(x)) != any(map(is_dropout, model.modules()))
    without_dropout(model)
    assert_same(model(x), model(x))


@every_model
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_bfloat16_autocast_is_finite(name, training):
    model = build(name).train(training)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = model(windows(model))
    out.float().sum().backward()
    assert out.isfinite().all()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())


# Features and head.


@every_model
def test_outputs_are_the_head_of_the_features(name):
    model = build(name).eval()
    x = windows(model)
    features = model.features(x)
    assert features.shape == (4, model.num_features)
    assert_same(model(x), model.head(features))


@every_model
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_reset_head_replaces_only_the_head(name, training):
    model = build(name).double().train(training)
    before = snapshot(model)
    model.reset_head(7)
    assert model(windows(model)).shape == (4, 7)
    assert model.n_outputs == model.arguments["n_outputs"] == 7
    assert all(module.training == training for module in model.modules())
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float64}
    model.eval()
    now = snapshot(model)
    assert now.keys() == before.keys()
    changed = [key for key in now if key.startswith("head.")]
    assert changed
    if not training:  # a forward pass in training updates the running statistics
        body = now.keys() - set(changed)
        assert_same({key: now[key] for key in body}, {key: before[key] for key in body})


@every_model
def test_reset_head_draws_new_weights_and_checks_its_argument(name):
    model = build(name)
    before = snapshot(model.head)
    model.reset_head(3)
    assert any(
        not torch.equal(before[key], value) for key, value in model.head.state_dict().items()
    )
    with pytest.raises(ValueError, match="n_outputs"):
        model.reset_head(0)
    assert model.n_outputs == 3


# Copies.


def plain_attributes(model):
    return {key: value for key, value in vars(model).items() if not key.startswith("_")}


def through_pickle(model, folder):
    return pickle.loads(pickle.dumps(model))


def through_deepcopy(model, folder):
    return copy.deepcopy(model)


def through_torch_save(model, folder):
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


def through_its_arguments(model, folder):
    again = type(model)(**model.arguments).to(next(model.parameters()).dtype)
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    again.load_state_dict(torch.load(file, weights_only=True))
    return again.eval()


def through_save_model(model, folder):
    save_model(model, folder / "model.safetensors")
    return load_model(folder / "model.safetensors")


@every_model
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(
    "copied",
    [
        through_pickle,
        through_deepcopy,
        through_torch_save,
        through_its_arguments,
        through_save_model,
    ],
)
def test_a_copy_is_the_same_bit_for_bit(name, dtype, copied, tmp_path):
    model = build(name, ch_names=("C3", "Cz", "C4")).to(dtype)
    model(windows(model))  # updates the running statistics
    model.reset_head(2)
    model.eval()
    again = copied(model, tmp_path)
    x = windows(model)
    assert type(again) is type(model)
    assert again.arguments == model.arguments
    assert plain_attributes(again) == plain_attributes(model)
    assert not again.training
    assert_same(again.state_dict(), model.state_dict())
    assert_same(again(x), model(x))
    with torch.no_grad():
        next(again.parameters()).add_(1.0)
    assert not torch.equal(next(again.parameters()), next(model.parameters()))


@every_model
def test_a_loaded_model_trains(name, tmp_path):
    model = through_save_model(build(name), tmp_path).train()
    model(windows(model)).square().sum().backward()
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(parameter.grad is not None for parameter in model.parameters())


# Compilation and export.


@pytest.fixture
def _fresh_compiler():
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def compiled_equals_eager(name, backend, training):
    """Compare outputs, gradients and state of a single graph after one and after two passes."""
    eager = without_dropout(build(name)).train(training)
    twin = copy.deepcopy(eager)
    compiled = torch.compile(twin, fullgraph=True, backend=backend)
    for _ in range(2):
        x = windows(eager)
        expected = eager(x)
        out = compiled(x)
        torch.testing.assert_close(out, expected, rtol=1e-4, atol=1e-5)
        expected.sum().backward()
        out.sum().backward()
    torch.testing.assert_close(twin.state_dict(), eager.state_dict(), rtol=1e-4, atol=1e-5)
    gradients = [parameter.grad for parameter in eager.parameters()]
    # The gradient of a bias before a normalisation is zero, up to rounding of the largest one.
    rounding = 1e-6 * max(gradient.abs().max().item() for gradient in gradients)
    for ours, theirs in zip(twin.parameters(), gradients, strict=True):
        scale = 1e-4 * theirs.abs().max().item() + rounding
        torch.testing.assert_close(ours.grad, theirs, rtol=1e-3, atol=scale)


@every_class
@pytest.mark.usefixtures("_fresh_compiler")
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_the_whole_model_is_one_graph(name, training):
    compiled_equals_eager(name, "aot_eager", training)


@pytest.mark.slow
@pytest.mark.skipif(
    not any(map(shutil.which, (os.environ.get("CXX", "g++"), "clang++"))), reason="no C++ compiler"
)
@every_class
@pytest.mark.usefixtures("_fresh_compiler")
# Inductor computes fbcnet's Fourier transform in eager mode.
@pytest.mark.filterwarnings("ignore:Torchinductor does not support code generation for complex")
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_the_compiled_model_equals_the_eager_one(name, training):
    compiled_equals_eager(name, "inductor", training)


@every_class
def test_the_exported_model_equals_the_eager_one(name):
    model = build(name).eval()
    batch = torch.export.Dim("batch")
    exported = torch.export.export(model, (windows(model),), dynamic_shapes=({0: batch},))
    x = windows(model, 7)
    torch.testing.assert_close(exported.module()(x), model(x))


@every_class
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_onnxruntime_equals_the_model(name):
    if name in WITHOUT_ONNX:
        pytest.skip(WITHOUT_ONNX[name])
    pytest.importorskip("onnxscript")
    onnxruntime = pytest.importorskip("onnxruntime")
    model = build(name).eval()
    batch = torch.export.Dim("batch")
    program = torch.onnx.export(
        model, (windows(model),), dynamo=True, dynamic_shapes=({0: batch},), verbose=False
    )
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())
    x = windows(model, 7)
    (out,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    torch.testing.assert_close(torch.from_numpy(out), model(x), rtol=1e-5, atol=1e-5)
