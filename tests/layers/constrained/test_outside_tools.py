"""Tools that read the weight of a layer refuse a constrained one and accept a baked one."""

import copy
import types

import pytest
import torch
from torch import nn
from torch.nn.utils import fusion, parametrize, prune

from eegzoo.layers import ConstrainedConv1d, ConstrainedConv2d, ConstrainedDense, bake

X = torch.randn(4, 3, 30, generator=torch.Generator().manual_seed(0))


def random_norm(features=6):
    norm = nn.BatchNorm1d(features).eval()
    with torch.no_grad():
        for tensor in (norm.weight, norm.bias, norm.running_mean):
            tensor.normal_()
        norm.running_var.uniform_(0.01, 2)
    return norm


def beyond_its_limits(layer):
    with torch.no_grad():
        layer.weight.mul_(20)
    return layer.eval()


CONVOLUTIONS = [
    {"kernel_size": 5},
    {"kernel_size": 4},
    {"kernel_size": 5, "padding": "valid", "stride": 2},
    {"kernel_size": 5, "padding": "causal", "dilation": 2},
    {"kernel_size": 5, "max_norm": 1.0, "min_norm": 0.5, "minmax_rate": 0.5},
    {"kernel_size": 5, "max_norm": None},
]
same_with_even_kernel = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")


@same_with_even_kernel
@pytest.mark.parametrize("arguments", CONVOLUTIONS, ids=str)
def test_a_normalisation_is_folded_into_a_baked_convolution_only(arguments):
    layer, norm = beyond_its_limits(ConstrainedConv1d(3, 6, **arguments)), random_norm()
    with pytest.raises(TypeError, match=r"expected plain torch layers, .*layers\.bake first"):
        fusion.fuse_conv_bn_eval(layer, norm)
    baked, expected = bake(layer), norm(layer(X))
    if arguments.get("padding") == "causal":
        baked.conv = fusion.fuse_conv_bn_eval(baked.conv, norm)
    else:
        baked = fusion.fuse_conv_bn_eval(baked, norm)
    torch.testing.assert_close(baked(X), expected, rtol=1e-4, atol=1e-5)


def test_a_normalisation_is_folded_into_a_baked_dense_layer_only():
    layer, norm = beyond_its_limits(ConstrainedDense(30, 6)), random_norm()
    with pytest.raises(TypeError, match=r"layers\.bake first"):
        fusion.fuse_linear_bn_eval(layer, norm)
    fused = fusion.fuse_linear_bn_eval(bake(layer), norm)
    torch.testing.assert_close(fused(X[:, 0]), norm(layer(X[:, 0])), rtol=1e-4, atol=1e-5)


# torch's quantization is deprecated in favour of torchao.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
class TestQuantization:
    def test_dynamic_quantization_of_a_constrained_layer_leaves_it_right(self):
        layer = beyond_its_limits(ConstrainedDense(30, 6))
        net = torch.ao.quantization.quantize_dynamic(nn.Sequential(layer), {nn.Linear})
        torch.testing.assert_close(net(X), layer(X))

    def test_a_baked_layer_is_quantized(self):
        layer = beyond_its_limits(ConstrainedDense(30, 6))
        net = torch.ao.quantization.quantize_dynamic(nn.Sequential(bake(layer)), {nn.Linear})
        assert type(net[0]).__module__.startswith("torch.ao")
        torch.testing.assert_close(net(X), layer(X), rtol=0.1, atol=0.1)

    def test_fusing_modules_raises_or_is_right(self):
        net = nn.Sequential(beyond_its_limits(ConstrainedConv1d(3, 6, 5)), random_norm()).eval()
        with pytest.raises((TypeError, AssertionError)):
            torch.ao.quantization.fuse_modules(net, ["0", "1"])
        fused = torch.ao.quantization.fuse_modules(bake(net), ["0", "1"])
        torch.testing.assert_close(fused(X), net(X), rtol=1e-4, atol=1e-5)


def reader(package):
    """A function that reads the weight of a layer and belongs to a package."""
    module = types.ModuleType(package)
    exec("def read(layer):\n    return layer.weight", vars(module))
    return module.read


@pytest.mark.parametrize(
    "package", ["peft.tuners.lora.layer", "torchao.quantization", "torch.ao.quantization.fuse"]
)
def test_packages_that_store_what_they_have_read_are_refused(package):
    layer = ConstrainedDense(3, 2)
    with pytest.raises(TypeError, match=rf"a ConstrainedDense: {package} would read"):
        reader(package)(layer)
    assert reader(package)(bake(layer)) is not None


@pytest.mark.parametrize("package", ["peftish", "torch.optim.sgd", "mine.torchao"])
def test_everyone_else_reads_the_stored_weight(package):
    layer = ConstrainedDense(3, 2)
    assert reader(package)(layer) is layer.get_parameter("weight")


def test_lora_of_a_baked_network_merges():
    peft = pytest.importorskip("peft")
    net = nn.Sequential(
        ConstrainedConv1d(3, 6, 4, max_norm=0.5), ConstrainedConv1d(6, 4, 5, padding="causal"),
        nn.Flatten(), ConstrainedDense(120, 2, max_norm=0.5),
    ).eval()  # fmt: skip
    config = peft.LoraConfig(r=2, target_modules=["0", "conv", "3"], init_lora_weights=False)
    with pytest.raises(TypeError, match=r"layers\.bake first"):
        peft.get_peft_model(copy.deepcopy(net), config)
    adapted = peft.get_peft_model(bake(net), config).eval()
    expected = adapted(X)
    torch.testing.assert_close(adapted.merge_and_unload()(X), expected, rtol=1e-4, atol=1e-5)


@same_with_even_kernel
def test_a_layer_of_the_same_arguments_pads_as_the_baked_one():
    # So peft and opacus build theirs.
    for layer in (
        ConstrainedConv1d(3, 6, 4),
        ConstrainedConv1d(3, 6, 5, dilation=3),
        ConstrainedConv1d(3, 6, 5, 2, padding=1),
        ConstrainedConv1d(3, 6, 5, padding="causal"),
        ConstrainedConv2d(1, 6, (3, 4)),
        ConstrainedConv2d(1, 6, (1, 4), padding="causal"),
    ):
        baked = bake(layer)
        conv = getattr(baked, "conv", baked)
        other = type(conv)(
            conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding,
            conv.dilation, padding_mode=conv.padding_mode,
        )  # fmt: skip
        other.load_state_dict(conv.state_dict())
        x = X if conv.in_channels == 3 else X.unsqueeze(1)
        padded = getattr(baked, "pad", nn.Identity())(x)
        torch.testing.assert_close(other(padded), baked(x))
        torch.testing.assert_close(baked(x), layer.eval()(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("padding_mode", ["zeros", "replicate"])
def test_a_baked_causal_layer_stays_causal_in_training(padding_mode):
    baked = bake(ConstrainedConv1d(3, 6, 5, padding="causal", padding_mode=padding_mode))
    optimizer = torch.optim.SGD(baked.parameters(), lr=1.0)
    baked(X).square().sum().backward()
    optimizer.step()
    x = X.clone().requires_grad_()
    baked(x)[..., 10].sum().backward()
    assert (x.grad[..., 11:] == 0).all()
    assert (x.grad[..., 10] != 0).any()


def test_pruning_works_on_a_constrained_layer():
    layer = ConstrainedDense(8, 4, max_norm=0.1)
    prune.l1_unstructured(layer, "weight", 0.5)
    assert (layer(torch.eye(8)).shape, (layer.weight == 0).sum()) == ((8, 4), 16)
    prune.remove(layer, "weight")
    assert isinstance(layer.weight, nn.Parameter)
    assert (layer.weight == 0).sum() == 16


def test_a_parametrization_works_on_a_constrained_layer():
    class Doubled(nn.Module):
        def forward(self, weight):
            return 2 * weight

    layer = ConstrainedDense(8, 4, bias=False, max_norm=0.1)
    parametrize.register_parametrization(layer, "weight", Doubled())
    norms = layer(torch.eye(8)).norm(dim=0)
    torch.testing.assert_close(norms, torch.full((4,), 0.1))


def test_a_layer_without_a_weight_says_so():
    layer = ConstrainedDense(8, 4)
    del layer.weight
    assert not hasattr(layer, "weight")
    with pytest.raises(AttributeError, match="weight"):
        _ = layer.weight
