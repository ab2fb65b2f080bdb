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


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[..., nn.Module]
    """Function of max_norm, min_norm, minmax_rate, device and dtype that returns a layer."""
    plain: Callable[[], nn.Module]
    """Function that returns the torch layer with the same state dict."""
    x_shape: tuple[int, ...]

    def layer(self, *, scale=10.0, dtype=torch.float32, device="cpu", **limits):
        """Return a layer whose norms are far above the usual limits (below, for `scale` < 1)."""
        layer = self.make(**limits).to(device=device, dtype=dtype)
        if device != "meta":
            generator = torch.Generator().manual_seed(1)
            with torch.no_grad():
                for part in self.parts(layer):
                    values = torch.randn(part.weight.shape, generator=generator)
                    norm = values.flatten(1).norm(dim=1).reshape(-1, *[1] * (values.ndim - 1))
                    spread = torch.linspace(0.5, 1.5, len(values)).reshape_as(norm)
                    part.weight.copy_(values / norm * spread * scale)
                    if part.bias is not None:
                        part.bias.copy_(torch.randn(part.bias.shape, generator=generator))
        return layer

    def x(self, dtype=torch.float32, seed=2):
        generator = torch.Generator().manual_seed(seed)
        return torch.randn(self.x_shape, generator=generator).to(dtype)

    @staticmethod
    def parts(layer):
        """Return the layers with a norm constraint in `layer`, which may be `layer` itself."""
        return [part for part in layer.modules() if isinstance(part, NormConstraint)]

    @staticmethod
    def norms(layer):
        """Return the norms of all filters in float64."""
        weights = [p.detach() for name, p in layer.named_parameters() if name.endswith("weight")]
        return torch.cat([torch.linalg.vector_norm(w.double().flatten(1), dim=1) for w in weights])

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
