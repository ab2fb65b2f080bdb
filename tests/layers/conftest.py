"""Registry of the constrained layers, for which all tests of their contract run.

A new layer is added here, and is then tested for the whole contract.
"""

import itertools
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from eegzoo import layers
from eegzoo.layers import NormConstraint


def is_weight(name):
    """Return whether a parameter of this name is constrained."""
    return name.rpartition(".")[2].startswith("weight")


class First(nn.Module):
    """Select the output of a recurrent layer, without its final state."""

    def forward(self, outputs):
        return outputs[0]


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[..., nn.Module]
    """Function of max_norm, min_norm, minmax_rate, device and dtype that returns a layer."""
    plain: Callable[[], nn.Module]
    """Function that returns the torch layer with the same state dict."""
    x_shape: tuple[int, ...]
    filters: int = 0
    """Axis of the filters in the weight."""
    n_indices: int = 0
    """Number of indices, for a layer whose input is indices."""
    recurrent: bool = False
    """Whether torch neither compiles the plain layer nor has a vmap of it."""

    def layer(self, *, scale=10.0, dtype=torch.float32, device="cpu", **limits):
        """Return a layer whose norms are far above the usual limits (below, for `scale` < 1)."""
        layer = self.make(**limits).to(device=device, dtype=dtype)
        if device != "meta":
            generator = torch.Generator().manual_seed(1)
            with torch.no_grad():
                for name, parameter in layer.named_parameters():
                    values = torch.randn(parameter.shape, generator=generator)
                    if is_weight(name):
                        norm = values.transpose(0, self.filters).flatten(1).norm(dim=1)
                        spread = torch.linspace(0.5, 1.5, len(norm)) * scale / norm
                        others = [axis for axis in range(values.ndim) if axis != self.filters]
                        values *= spread.reshape(
                            [1 if a in others else -1 for a in range(values.ndim)]
                        )
                    parameter.copy_(values)
        return layer

    def x(self, dtype=torch.float32, seed=2):
        generator = torch.Generator().manual_seed(seed)
        if self.n_indices:
            return torch.randint(self.n_indices, self.x_shape, generator=generator)
        return torch.randn(self.x_shape, generator=generator).to(dtype)

    def weights(self, layer):
        """Yield each constrained weight with the layer that it belongs to."""
        for part in self.parts(layer):
            for name in part.weight_names:
                yield part, part.get_parameter(name)

    def skip_if_recurrent(self):
        if self.recurrent:
            pytest.skip("torch does not support this for LSTM and GRU")

    def x_with_grad(self):
        """Return an input that requires a gradient if it can have one."""
        x = self.x()
        return x.requires_grad_(x.is_floating_point())

    def axes(self, weight):
        """Return the axes of a weight over which a norm is taken."""
        return tuple(axis for axis in range(weight.ndim) if axis != self.filters)

    @staticmethod
    def parts(layer):
        """Return the layers with a norm constraint in `layer`, which may be `layer` itself."""
        return [part for part in layer.modules() if isinstance(part, NormConstraint)]

    def norms(self, layer):
        """Return the norms of all filters in float64."""
        weights = [p.detach().double() for name, p in layer.named_parameters() if is_weight(name)]
        return torch.cat([torch.linalg.vector_norm(w, dim=self.axes(w)) for w in weights])

    def __str__(self):
        return self.name


def _separable(max_norm=2.0, min_norm=None, minmax_rate=1.0):
    both = {"max_norm": max_norm, "min_norm": min_norm, "minmax_rate": minmax_rate}
    depth = {f"depth_{name}": limit for name, limit in both.items()}
    point = {f"point_{name}": limit for name, limit in both.items()}
    return layers.SeparableConv2d(4, 3, (1, 5), depth_multiplier=2, **depth, **point)


def _plain_separable():
    depthwise = nn.Conv2d(4, 8, (1, 5), padding="same", groups=4, bias=False)
    pointwise = nn.Conv2d(8, 3, 1, bias=False)
    return nn.Sequential(OrderedDict(depthwise=depthwise, pointwise=pointwise))


CASES = [
    Case(
        "dense",
        lambda **limits: layers.ConstrainedDense(10, 6, **limits),
        lambda: nn.Linear(10, 6),
        (4, 10),
    ),
    Case(
        "conv1d",
        lambda **limits: layers.ConstrainedConv1d(3, 6, 5, **limits),
        lambda: nn.Conv1d(3, 6, 5, padding="same"),
        (4, 3, 20),
    ),
    Case(
        "conv1d even kernel",
        lambda **limits: layers.ConstrainedConv1d(3, 6, 4, bias=False, **limits),
        lambda: nn.Conv1d(3, 6, 4, padding="same", bias=False),
        (4, 3, 20),
    ),
    Case(
        "conv1d causal",
        lambda **limits: layers.ConstrainedConv1d(
            4, 6, 5, stride=2, dilation=2, groups=2, padding="causal", **limits
        ),
        lambda: nn.Conv1d(4, 6, 5, stride=2, dilation=2, groups=2),
        (4, 4, 21),
    ),
    Case(
        "conv2d",
        lambda **limits: layers.ConstrainedConv2d(2, 5, (3, 4), padding_mode="circular", **limits),
        lambda: nn.Conv2d(2, 5, (3, 4), padding="same", padding_mode="circular"),
        (4, 2, 6, 12),
    ),
    Case(
        "conv2d spatial",
        lambda **limits: layers.ConstrainedConv2d(
            4, 8, (6, 1), padding="valid", groups=4, bias=False, **limits
        ),
        lambda: nn.Conv2d(4, 8, (6, 1), groups=4, bias=False),
        (4, 4, 6, 12),
    ),
    Case(
        "depthwise",
        lambda **limits: layers.DepthwiseConv2d(4, 2, (1, 5), **limits),
        lambda: nn.Conv2d(4, 8, (1, 5), padding="same", groups=4, bias=False),
        (4, 4, 3, 12),
    ),
    Case("separable", _separable, _plain_separable, (4, 4, 3, 12)),
    Case(
        "conv3d",
        lambda **limits: layers.ConstrainedConv3d(2, 4, (2, 3, 3), padding="valid", **limits),
        lambda: nn.Conv3d(2, 4, (2, 3, 3)),
        (4, 2, 3, 4, 8),
    ),
    Case(
        "conv1d transposed",
        lambda **limits: layers.ConstrainedConvTranspose1d(3, 5, 4, stride=2, **limits),
        lambda: nn.ConvTranspose1d(3, 5, 4, stride=2),
        (4, 3, 9),
        filters=1,
    ),
    Case(
        "conv2d transposed",
        lambda **limits: layers.ConstrainedConvTranspose2d(
            2, 4, (1, 4), stride=(1, 2), padding=(0, 1), dilation=2, bias=False, **limits
        ),
        lambda: nn.ConvTranspose2d(
            2, 4, (1, 4), stride=(1, 2), padding=(0, 1), dilation=2, bias=False
        ),
        (4, 2, 3, 9),
        filters=1,
    ),
    Case(
        "embedding",
        lambda **limits: layers.ConstrainedEmbedding(7, 5, **limits),
        lambda: nn.Embedding(7, 5),
        (4, 9),
        n_indices=7,
    ),
    Case(
        "lstm",
        lambda **limits: nn.Sequential(
            layers.ConstrainedLSTM(3, 4, num_layers=2, batch_first=True, **limits), First()
        ),
        lambda: nn.Sequential(nn.LSTM(3, 4, num_layers=2, batch_first=True), First()),
        (4, 6, 3),
        recurrent=True,
    ),
    Case(
        "gru",
        lambda **limits: nn.Sequential(
            layers.ConstrainedGRU(3, 4, bidirectional=True, batch_first=True, **limits), First()
        ),
        lambda: nn.Sequential(nn.GRU(3, 4, bidirectional=True, batch_first=True), First()),
        (4, 6, 3),
        recurrent=True,
    ),
]


@pytest.fixture(autouse=True)
def _one_thread():
    """Use one thread: for these small tensors a second one is slower."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


def _check_that_all_exported_layers_are_registered():
    exported = {value for value in vars(layers).values() if isinstance(value, type)}
    tested = {type(part) for case in CASES for part in case.parts(case.make())}
    missing = {kind for kind in exported if issubclass(kind, NormConstraint)} - tested
    assert missing == {NormConstraint}, f"add these layers to CASES: {missing}"


_check_that_all_exported_layers_are_registered()


@pytest.fixture(scope="session", params=CASES, ids=str)
def case(request):
    return request.param


@pytest.fixture(scope="session")
def project_by_loop():
    """Project each filter in float64 by the definition of the constraint."""

    def project(weight, max_norm, min_norm=None, axis_norm=None, minmax_rate=1.0):
        projected = weight.detach().double().numpy().copy()
        axes = range(1, projected.ndim) if axis_norm is None else axis_norm
        kept = [axis for axis in range(projected.ndim) if axis not in axes]
        for place in itertools.product(*(range(projected.shape[axis]) for axis in kept)):
            index = [slice(None)] * projected.ndim
            for axis, at in zip(kept, place, strict=True):
                index[axis] = at
            index = tuple(index)
            norm = math.hypot(*projected[index].ravel())
            target = min(norm, max_norm)
            if min_norm is not None:
                target = max(target, min_norm)
            target = (1 - minmax_rate) * norm + minmax_rate * target
            if norm > 0:
                projected[index] = projected[index] / norm * target
        return torch.from_numpy(np.asarray(projected))

    return project
