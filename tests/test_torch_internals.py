"""Private and version-dependent parts of torch that eegzoo uses.

After an update of torch, a failure here names what has changed and the feature that depends on it.
"""

import ast
import functools
import importlib
import types

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import forward_ad
from torch.nn.parallel import DistributedDataParallel
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import DataLoader, Dataset

from tests.source_graph import FILES, parse

INTERNAL = {"torch_internals.py", "torch_modules.py", "torch_tracing.py"}
TESTED = set()


def entry(name, assumption, feature):
    """Mark the test of an entry of `eegzoo.torch_internals`."""

    def mark(test):
        TESTED.add(name)

        @functools.wraps(test)
        def run(*args, **kwargs):
            try:
                test(*args, **kwargs)
            except Exception as error:
                pytest.fail(
                    f"torch {torch.__version__} has changed.\n  assumed: {assumption}\n"
                    f"  used by: {feature}, through {name} of eegzoo\n"
                    f"  found: {error!r}"
                )

        return run

    return mark


@pytest.fixture
def internals():
    return importlib.import_module("eegzoo.torch_internals")


@pytest.fixture
def modules():
    return importlib.import_module("eegzoo.torch_modules")


@pytest.fixture
def tracing():
    return importlib.import_module("eegzoo.torch_tracing")


PRIVATE_NAMES = [
    ("torch.nn.modules.conv", "_ConvNd", "the base class of ConstrainedConv1d and 2d"),
    ("torch.nn.modules.conv", "_ConvTransposeNd", "the base class of ConstrainedConvTranspose1d"),
    ("torch.nn.modules.batchnorm", "_BatchNorm", "the base class of SyncedBatchNorm"),
    ("torch.utils.data._utils.collate", "default_collate_fn_map", "batches of EpochsDataset"),
    ("torch.nn.modules.module", "_global_forward_hooks", "TemporalSpatialConv"),
    ("torch.nn.modules.module", "_global_forward_pre_hooks", "TemporalSpatialConv"),
    ("torch.nn.modules.module", "_global_backward_hooks", "TemporalSpatialConv"),
    ("torch.nn.modules.module", "_global_backward_pre_hooks", "TemporalSpatialConv"),
    ("torch._C", "_are_functorch_transforms_active", "TemporalSpatialConv"),
    ("torch._C", "_len_torch_function_stack", "dense_conv1d"),
    ("torch._C", "_len_torch_dispatch_stack", "dense_conv1d"),
    ("torch.autograd.forward_ad", "_current_level", "TemporalSpatialConv"),
    ("torch.utils._pytree", "tree_iter", "optimize_for_inference"),
]


@pytest.mark.parametrize(("module", "name", "feature"), PRIVATE_NAMES)
def test_a_private_name_exists(module, name, feature):
    # Without one of these names eegzoo.torch_internals cannot be imported.
    found = importlib.import_module(module)
    assert hasattr(found, name), f"torch {torch.__version__} lacks {module}.{name}, for {feature}"


def test_every_entry_has_a_test():
    entries = set()
    for node in [node for file in INTERNAL for node in parse(file).body]:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            entries.add(node.name)
        elif isinstance(node, ast.Assign):
            entries |= {ast.unparse(target) for target in node.targets}
    assert {name for name in entries if not private(name)} == TESTED


# ---- modules ----


@entry(
    "ConvBase",
    "all convolutions derive from torch.nn.modules.conv._ConvNd",
    "ConstrainedConv1d and ConstrainedConv2d",
)
def test_conv_base(internals):
    for kind in (nn.Conv1d, nn.Conv2d, nn.Conv3d):
        assert issubclass(kind, internals.ConvBase)


@entry(
    "BatchNormBase",
    "batch normalisations derive from torch.nn.modules.batchnorm._BatchNorm and inherit its "
    "forward",
    "batch normalisation over several processes; its statistics after training",
)
def test_batch_norm_base(internals):
    for kind in (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d):
        assert issubclass(kind, internals.BatchNormBase)
        assert kind.forward is internals.BatchNormBase.forward
    assert issubclass(nn.SyncBatchNorm, internals.BatchNormBase)


@entry(
    "check_batch_norm_input",
    "batch normalisations have the method _check_input_dim",
    "batch normalisation over several processes",
)
def test_check_batch_norm_input(internals):
    internals.check_batch_norm_input(nn.BatchNorm1d(3), torch.zeros(2, 3, 4))
    for norm, shape in [(nn.BatchNorm1d(3), (2, 3, 4, 5)), (nn.BatchNorm2d(3), (2, 3, 4))]:
        with pytest.raises(ValueError, match="D input"):
            internals.check_batch_norm_input(norm, torch.zeros(shape))


@entry(
    "padding_of",
    "a convolution keeps its padding as a list for torch.nn.functional.pad, with the additional "
    'zero of "same" on the right',
    "padding of ConstrainedConv1d, ConstrainedConv2d and TemporalSpatialConv",
)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("padding", ["same", "valid", (1, 2)])
def test_padding_of(internals, padding):
    conv = nn.Conv2d(1, 2, (3, 16), padding=padding, bias=False)
    x = torch.randn(1, 1, 20, 40)
    padded = F.pad(x, internals.padding_of(conv))
    torch.testing.assert_close(F.conv2d(padded, conv.weight), conv(x))
    if padding == "same":
        assert list(internals.padding_of(conv)) == [7, 8, 1, 1]


@entry(
    "set_padding",
    'forward pads by the list of padding_of if padding_mode is not "zeros"',
    "bake, for causal convolutions that replicate the first sample",
)
def test_set_padding(internals):
    conv = nn.Conv1d(2, 3, 5, padding_mode="replicate", bias=False)
    internals.set_padding(conv, [4, 0])
    x = torch.randn(1, 2, 20)
    torch.testing.assert_close(conv(x), F.conv1d(F.pad(x, (4, 0), "replicate"), conv.weight))


@entry(
    "move_into_child_",
    "all that a module is stands in its __dict__, where hooks have names that contain hooks",
    "bake, for convolutions with causal padding",
)
@pytest.mark.parametrize("training", [True, False])
def test_move_into_child(modules, training):
    layer, calls = nn.Conv1d(2, 3, 5).train(training), []
    layer.register_forward_hook(lambda module, inputs, output: calls.append(inputs[0].shape))
    layer.register_forward_pre_hook(lambda module, inputs: calls.append("before"))
    x, weight = torch.randn(1, 2, 20), layer.weight
    expected = F.conv1d(F.pad(x, (4, 0)), layer.weight, layer.bias)
    net = nn.Sequential(layer)
    modules.move_into_child_(layer, "conv", before={"pad": nn.ConstantPad1d((4, 0), 0.0)})
    torch.testing.assert_close(net(x), expected)
    assert calls == ["before", x.shape]
    assert net[0] is layer
    assert (type(layer), type(layer.conv)) == (nn.Sequential, nn.Conv1d)
    assert vars(layer).keys() == vars(nn.Sequential()).keys()
    assert vars(layer.conv).keys() == vars(nn.Conv1d(2, 3, 5)).keys()
    assert layer.conv.weight is weight
    assert {module.training for module in net.modules() if module is not net} == {training}


@entry(
    "TransposedBase",
    "all transposed convolutions derive from torch.nn.modules.conv._ConvTransposeNd",
    "ConstrainedConvTranspose1d and ConstrainedConvTranspose2d",
)
def test_transposed_base(modules):
    for kind in (nn.ConvTranspose1d, nn.ConvTranspose2d):
        assert issubclass(kind, modules.TransposedBase)


@entry(
    "output_padding_of",
    "a transposed convolution computes its output padding by _output_padding",
    "ConstrainedConvTranspose1d and ConstrainedConvTranspose2d",
)
@pytest.mark.parametrize("output_size", [None, [21], [22]])
def test_output_padding_of(modules, output_size):
    conv, x = nn.ConvTranspose1d(2, 3, 3, stride=2), torch.randn(1, 2, 10)
    padding = modules.output_padding_of(conv, x, output_size)
    found = F.conv_transpose1d(x, conv.weight, conv.bias, 2, 0, padding)
    torch.testing.assert_close(found, conv(x, output_size))


@entry(
    "RecurrentBase",
    "torch's recurrent layers derive from torch.nn.RNNBase",
    "ConstrainedLSTM and ConstrainedGRU",
)
def test_recurrent_base(modules):
    for kind in (nn.LSTM, nn.GRU):
        assert issubclass(kind, modules.RecurrentBase)


@entry(
    "call_recurrent",
    "a recurrent layer computes with the list _flat_weights, in the order of _flat_weights_names",
    "ConstrainedLSTM and ConstrainedGRU",
)
@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_call_recurrent(modules, kind):
    layer, other = (kind(3, 4, num_layers=2, bidirectional=True) for _ in range(2))
    before = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
    x, weights = torch.randn(5, 3), dict(other.named_parameters())
    output, _ = modules.call_recurrent(layer, kind, weights, x, None)
    torch.testing.assert_close(output, other(x)[0])
    assert all(torch.equal(tensor, before[name]) for name, tensor in layer.state_dict().items())
    assert not torch.allclose(layer(x)[0], output)


class _Doubled(nn.Conv1d):
    def _conv_forward(self, input, weight, bias):
        return 2 * super()._conv_forward(input, weight, bias)


@entry(
    "computes_as",
    "the forward of a convolution computes by its _conv_forward",
    "bake and TemporalSpatialConv, for subclasses of convolutions",
)
def test_computes_as(internals):
    x, layer = torch.randn(1, 2, 20), _Doubled(2, 3, 5)
    expected = 2 * F.conv1d(x, layer.weight, layer.bias)
    torch.testing.assert_close(layer(x), expected)
    assert not internals.computes_as(_Doubled, nn.Conv1d)
    assert internals.computes_as(type("Named", (nn.Conv1d,), {}), nn.Conv1d)
    assert not internals.computes_as(nn.Conv2d, nn.Conv1d)


@entry(
    "has_patched_forward",
    "a call looks up forward and _conv_forward on the object",
    "constrain and TemporalSpatialConv, for layers with a patched forward",
)
@pytest.mark.parametrize("name", ["forward", "_conv_forward"])
def test_has_patched_forward(internals, name):
    layer = nn.Conv1d(2, 3, 5)
    assert not internals.has_patched_forward(layer)
    setattr(layer, name, lambda *_: "patched")
    assert layer(torch.randn(1, 2, 20)) == "patched"
    assert internals.has_patched_forward(layer)


HOOKS = [
    "register_forward_hook",
    "register_forward_pre_hook",
    "register_full_backward_hook",
    "register_full_backward_pre_hook",
]


@entry(
    "has_hooks",
    "hooks are in module._forward_hooks and seven dictionaries with similar names",
    "TemporalSpatialConv, for modules with hooks",
)
@pytest.mark.parametrize("everywhere", [True, False])
@pytest.mark.parametrize("register", HOOKS)
def test_has_hooks(internals, register, everywhere):
    layer = nn.Linear(3, 2)
    assert not internals.has_hooks(layer)
    if everywhere:
        handle = getattr(nn.modules.module, register.replace("register", "register_module"))(print)
    else:
        handle = getattr(layer, register)(print)
    try:
        assert internals.has_hooks(layer)
        assert internals.has_hooks(nn.Linear(3, 2)) is everywhere
    finally:
        handle.remove()
    assert not internals.has_hooks(layer)


class _Unused(nn.Linear):
    def forward(self, input):
        raise AssertionError


@entry(
    "OwnStateDict",
    "state_dict and load_state_dict call _save_to_state_dict and _load_from_state_dict of each "
    "module",
    "state dicts of layers with a minmax_rate below one",
)
@pytest.mark.parametrize("assign", [True, False])
def test_own_state_dict(modules, assign):
    loaded = []

    class Doubled(modules.OwnStateDict, nn.Linear):
        def saved_values(self):
            return {"weight": 2 * self.weight.detach()}

        def after_loading(self, names):
            loaded.append(names)

    net = nn.Sequential(Doubled(3, 2))
    state = net.state_dict()
    assert list(state) == ["0.weight", "0.bias"]
    assert torch.equal(state["0.weight"], 2 * net[0].weight)
    assert net.state_dict(keep_vars=True)["0.weight"] is net[0].weight
    net.load_state_dict({"0.weight": state["0.weight"]}, strict=False, assign=assign)
    assert loaded == [{"weight"}]
    with pytest.raises(RuntimeError, match="size mismatch"):
        net.load_state_dict({"0.weight": torch.zeros(5), "0.bias": torch.zeros(2)})
    assert loaded[1:] == [{"bias"}]


@entry(
    "without_version",
    "changes of .data are not counted as changes of the tensor",
    "constrained weights that are used elsewhere in the graph",
)
def test_without_version(modules):
    weight = torch.ones(2, requires_grad=True)
    square = weight.square().sum()
    modules.without_version(weight).mul_(3)
    square.backward()
    assert weight.tolist() == [3.0, 3.0]
    assert weight.grad.tolist() == [6.0, 6.0]


@entry(
    "has_global_hooks",
    "hooks for all modules are in _global_forward_hooks and three similar dictionaries",
    "EEGNet for one window, which must call its modules if hooks run",
)
@pytest.mark.parametrize("register", HOOKS)
def test_has_global_hooks(internals, register):
    assert not internals.has_global_hooks()
    handle = getattr(nn.modules.module, register.replace("register", "register_module"))(print)
    try:
        assert internals.has_global_hooks()
    finally:
        handle.remove()
    assert not internals.has_global_hooks()


@entry(
    "ModuleState",
    "what a module computes with is in its __dict__, in _parameters and in _buffers",
    "EEGNet for one window, whose matrices are made again after any change",
)
@pytest.mark.parametrize(
    "change",
    [
        lambda net: net[0].weight.data.mul_(2),
        lambda net: net[1].running_mean.add_(1),
        lambda net: setattr(net[0], "weight", nn.Parameter(net[0].weight.detach() * 2)),
        lambda net: setattr(net[0], "bias", None),
        lambda net: setattr(net[1], "eps", 0.5),
        lambda net: setattr(net[0], "forward", print),
        lambda net: net[1].train(),
        lambda net: net[0].register_forward_hook(print),
        lambda net: net.append(nn.ELU()),
        lambda net: setattr(net, "1", nn.Identity()),
        lambda net: net.double(),
        lambda net: net.to("meta"),
        lambda net: setattr(net[0], "__class__", nn.Bilinear),
    ],
)
def test_module_state(modules, change):
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).eval()
    state = modules.ModuleState(net)
    net[0].weight.data = net[0].weight.data.clone()
    assert state.holds()
    change(net)
    assert not state.holds()
    assert modules.ModuleState(net).holds() is not net[0].weight.is_meta


def test_a_module_is_rebuilt_as_it_was(modules):
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).eval()
    state, x = modules.ModuleState(net), torch.ones(3, 2)
    expected = net(x)
    twin = state.rebuilt(state.tensors())
    net.train()
    net[1].eps = 0.5
    torch.testing.assert_close(twin(x), expected)
    assert next(iter(twin.parameters())) is net[0].weight
    assert list(twin.state_dict()) == list(net.state_dict())
    zero = state.rebuilt([0 * tensor for tensor in state.tensors()])
    assert zero(x).eq(0).all()
    assert not expected.eq(0).all()


@entry(
    "stored_buffers",
    "buffers stand in _buffers in the order in which they were registered",
    "the matrices of EEGNet for one window",
)
def test_stored_buffers(modules):
    norm = nn.BatchNorm1d(2).double()
    expected = [norm.running_mean, norm.running_var, norm.num_batches_tracked]
    assert all(a is b for a, b in zip(modules.stored_buffers(norm), expected, strict=True))


@entry(
    "stored_tensor",
    "parameters stand in _parameters, buffers in _buffers, all else in __dict__",
    "the weight of constrained layers",
)
def test_stored_tensor(modules):
    norm = nn.BatchNorm1d(2)
    norm.plain = torch.ones(1)
    for name in ("weight", "running_mean", "plain"):
        assert modules.stored_tensor(norm, name) is getattr(norm, name)
    with pytest.raises(AttributeError, match="has no attribute 'else'"):
        modules.stored_tensor(norm, "else")


@entry(
    "AfterMove",
    "to, double and the like change a module and its parts by the method _apply",
    "FBCNet, for its filters on another device or in another dtype",
)
def test_after_move(internals):
    class Counted(internals.AfterMove, nn.Linear):
        n_moves = 0

        def after_move(self):
            assert self.weight.dtype == torch.float64
            self.n_moves += 1

    layer = Counted(2, 2)
    net = nn.Sequential(layer).double()
    assert layer.n_moves == 1
    net.to(torch.float64)
    net.cpu()
    assert layer.n_moves == 3


@entry(
    "bypassed_layers",
    "torch.nn.TransformerEncoderLayer reads the weights of its linear layers in evaluation "
    "without calling them",
    "constrain, which refuses these layers",
)
def test_bypassed_layers(internals):
    encoder = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    layers = list(internals.bypassed_layers(nn.Sequential(encoder)))
    assert layers == [encoder.linear1, encoder.linear2]
    for layer in layers:
        layer.__class__ = _Unused
    with torch.no_grad():
        assert encoder(torch.randn(2, 5, 8)).shape == (2, 5, 8)


# ---- gradients, compilation, devices ----


@entry(
    "is_transformed",
    "torch._C and torch.autograd.forward_ad know whether a transform is active",
    "TemporalSpatialConv, which then computes in the plain order",
)
def test_is_transformed(internals):
    seen = []

    def square(x):
        seen.append(internals.is_transformed())
        return x.square().sum()

    x = torch.ones(3)
    assert not internals.is_transformed()
    torch.vmap(square)(x)
    torch.func.grad(square)(x)
    torch.func.jvp(square, (x,), (x,))
    with forward_ad.dual_level():
        square(x)
    assert seen == [True] * 4
    assert not internals.is_transformed()


@entry(
    "is_observed",
    "torch counts the active modes for functions and for dispatch",
    "dense_conv1d, which computes directly where calls are counted or replaced",
)
def test_is_observed(tracing):
    assert not tracing.is_observed()
    with TorchFunctionMode():
        assert tracing.is_observed()
    with TorchDispatchMode():
        assert tracing.is_observed()
    found = []
    torch.jit.trace(lambda x: (found.append(tracing.is_observed()), x + 1)[1], torch.zeros(2))
    assert found[0]
    assert not tracing.is_observed()


@entry(
    "not_compiled",
    "torch.compile leaves out a disabled function and compiles the code around it",
    "batch normalisation over several processes in a compiled model",
)
def test_not_compiled(tracing):
    compiling = []

    @tracing.not_compiled
    def inside(x):
        compiling.append(torch.compiler.is_compiling())
        return x + 1

    torch.compiler.reset()
    doubled = torch.compile(lambda x: 2 * inside(2 * x), backend="eager")
    torch.testing.assert_close(doubled(torch.ones(3)), torch.full((3,), 6.0))
    torch.compiler.reset()
    assert compiling == [False]


@entry(
    "padded_max_pool",
    "the gradient of a GELU followed by a max pool is right if the pool does not pad",
    "the compiled AttnSleep",
)
@pytest.mark.slow
def test_padded_max_pool(internals):
    x = torch.randn(2, 3, 50)
    expected = nn.functional.max_pool1d(x, 8, 2, padding=4)
    assert torch.equal(internals.padded_max_pool(8, 2)(x), expected)
    compiled, eager = compiled_gradients(internals.padded_max_pool(8, 2))
    torch.testing.assert_close(compiled, eager)


@pytest.mark.slow
def test_a_pool_with_padding_still_needs_the_work_around():
    compiled, eager = compiled_gradients(nn.MaxPool1d(8, 2, padding=4))
    assert not torch.allclose(compiled, eager), (
        f"torch {torch.__version__} compiles a GELU and a pool with padding correctly: AttnSleep "
        "can use nn.MaxPool1d(..., padding=...) instead of eegzoo.torch_internals.padded_max_pool"
    )


def compiled_gradients(pool):
    """Gradients through a GELU and a pool, compiled by inductor and eager."""
    gradients = []
    for compiled in (True, False):
        torch.compiler.reset()
        x = torch.randn(2, 3, 50, generator=torch.Generator().manual_seed(0)).requires_grad_()
        net = nn.Sequential(nn.GELU(), pool)
        (torch.compile(net) if compiled else net)(x).sin().sum().backward()
        gradients.append(x.grad)
    torch.compiler.reset()
    return gradients


@entry(
    "wide_dtype",
    "Tensor.is_mps tells the tensors of Apple's GPUs, which lack float64",
    "the norms of the constraint and the statistics of TemporalSpatialConv",
)
def test_wide_dtype(internals):
    assert internals.wide_dtype(torch.zeros(1)) is torch.float64
    assert internals.wide_dtype(types.SimpleNamespace(is_mps=True)) is torch.float32
    if torch.backends.mps.is_available():
        assert internals.wide_dtype(torch.zeros(1, device="mps")) is torch.float32


@entry(
    "DEVICE_ERRORS",
    "torch raises a RuntimeError or an AssertionError for a device that it cannot use",
    "the error message for a wrong device",
)
@pytest.mark.parametrize("device", ["cuda:99", "mps:99", "no such device"])
def test_device_errors(internals, device):
    with pytest.raises(internals.DEVICE_ERRORS):
        torch.empty(1, device=device)


# ---- data, processes ----


class _Item:
    def __init__(self, value):
        self.value = value


class _Items(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return _Item(index)


@entry(
    "register_collate",
    "torch.utils.data collates by the functions in default_collate_fn_map",
    "EpochsDataset, whose batches are not collated again",
)
def test_register_collate(internals):
    internals.register_collate(_Item, lambda items, **_: [item.value for item in items])
    assert list(DataLoader(_Items(), batch_size=3)) == [[0, 1, 2], [3]]


@entry(
    "tensors_in",
    "tree_iter yields the leaves of nested sequences and mappings",
    "optimize_for_inference, which follows tensors through a model",
)
def test_tensors_in(internals):
    one, two = torch.zeros(3), torch.zeros(2)
    assert [id(x) for x in internals.tensors_in((one, {"y": [two, 1]}, "z"))] == [id(one), id(two)]


class _Shifted(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return x + self.function(x.shape[0])


@entry(
    "evaluated_when_traced",
    "_disable_current_modes ends tracing, and _dynamo_marked_constant marks constant functions",
    "FilterBank, which designs its filters while it is exported",
)
@pytest.mark.parametrize("strict", [True, False])
def test_evaluated_when_traced(tracing, strict):
    roots = tracing.evaluated_when_traced(lambda n: torch.arange(n).nonzero().sum().sqrt())
    program = torch.export.export(_Shifted(roots), (torch.zeros(4),), strict=strict)
    assert torch.equal(program.module()(torch.zeros(4)), torch.full((4,), 6.0).sqrt())


# ---- nothing private is used elsewhere ----


def private(name):
    return name.startswith("_") and not name.startswith("__")


def private_attributes():
    """Private names of torch's modules, tensors, loaders and optimisers."""
    kinds = [kind for kind in vars(nn).values() if isinstance(kind, type)]
    kinds += [DistributedDataParallel, DataLoader, torch.Tensor, torch.optim.Optimizer]
    modules = [nn.Conv2d(1, 1, 1), nn.BatchNorm1d(1), nn.LSTM(1, 1), nn.MultiheadAttention(1, 1)]
    names = {name for kind in kinds for name in dir(kind)}
    return {name for name in names.union(*map(vars, modules)) if private(name)}


PRIVATE_ATTRIBUTES = private_attributes()


def uses_of_private_names(tree):
    """Yield line and source of each use of a private name of torch in a file."""
    from_torch = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            origin = getattr(node, "module", None)
            for alias in node.names:
                path = f"{origin}.{alias.name}" if origin else alias.name
                if path.partition(".")[0] == "torch":
                    from_torch.add(alias.asname or alias.name.partition(".")[0])
                    if any(map(private, path.split("."))):
                        yield node.lineno, ast.unparse(node)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            root = node.value
            while isinstance(root, ast.Attribute):
                root = root.value
            of_torch = isinstance(root, ast.Name) and root.id in from_torch
            if node.attr in PRIVATE_ATTRIBUTES or (of_torch and private(node.attr)):
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.FunctionDef) and node.name in PRIVATE_ATTRIBUTES:
            yield node.lineno, f"def {node.name}"
        elif isinstance(node, ast.Constant) and node.value in PRIVATE_ATTRIBUTES:
            yield node.lineno, repr(node.value)


def test_nothing_private_of_torch_is_used_elsewhere():
    found = [
        f"{file}:{line}: {source}"
        for file in sorted(FILES.keys() - INTERNAL)
        for line, source in uses_of_private_names(parse(file))
    ]
    assert found == [], "move these to eegzoo.torch_internals, with a test for each"


@pytest.mark.parametrize(
    "code",
    [
        "from torch.nn.modules.conv import _ConvNd",
        "import torch.utils.data._utils.collate",
        "from torch import nn\nnn.modules.batchnorm._BatchNorm",
        "import torch\ntorch._C._are_functorch_transforms_active()",
        "layer._forward_hooks",
        "self._conv_forward(x)",
        "def _conv_forward(self): ...",
        "'_conv_forward' in vars(layer)",
        "vars(layer)['_parameters']",
        "weight._version",
    ],
)
def test_a_private_use_is_found(code):
    assert list(uses_of_private_names(ast.parse(code)))
