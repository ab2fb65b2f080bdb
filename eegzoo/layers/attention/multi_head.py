"""Multi-head self-attention with a free head size and scale."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.attention.dot_product import attention_by_products, products_are_faster
from eegzoo.layers.blocks.parallel_linear import ParallelLinear, parallel_linear
from eegzoo.layers.dropout import Dropout
from eegzoo.torch_internals import has_hooks, has_patched_forward


def twice_differentiable_attention(x: Tensor) -> AbstractContextManager[None]:
    """Return a context in which attention can be differentiated twice if `x` requires a gradient.

    Saliency maps and gradient penalties need this. On CPUs, torch 2.13's fused attention, which is
    faster, has no second derivative.

    Parameters
    ----------
    x : Tensor
        Input of a network.

    Examples
    --------
    >>> x, attention = torch.randn(2, 61, 40, requires_grad=True), MultiHeadAttention(40, 10)
    >>> with twice_differentiable_attention(x):
    ...     outputs = attention(x)
    >>> (gradient,) = torch.autograd.grad(outputs.sum(), x, create_graph=True)
    >>> torch.autograd.grad(gradient.square().sum(), x)[0].shape
    torch.Size([2, 61, 40])
    """
    if x.requires_grad and x.device.type == "cpu":
        plain: AbstractContextManager[None] = sdpa_kernel(SDPBackend.MATH)
        return plain
    return nullcontext()


class MultiHeadAttention(nn.Module):
    """Multi-head self-attention over tokens.

    Unlike in `torch.nn.MultiheadAttention`, the head size and the scale are free, and several
    branches can be computed in parallel.

    Parameters
    ----------
    features : int
        Number of features of a token.
    num_heads : int
        Number of heads.
    head_dim : int | None
        Length of the queries, keys and values of a head. None: ``features / num_heads``.
    scale : float | None
        Factor for the product of query and key. None: one over the square root of `head_dim`.
    drop_prob : float
        Dropout probability of the attention weights.
    n_branches : int | None
        Number of parallel branches, each with its own weights. None: one attention, without an axis
        for branches.

    References
    ----------
    Vaswani et al. (2017). Attention is all you need. NeurIPS. https://arxiv.org/abs/1706.03762

    Examples
    --------
    >>> MultiHeadAttention(40, 10)(torch.randn(2, 61, 40)).shape
    torch.Size([2, 61, 40])
    >>> MultiHeadAttention(32, 2, head_dim=8, n_branches=5)(torch.randn(2, 5, 16, 32)).shape
    torch.Size([2, 5, 16, 32])
    """

    def __init__(
        self,
        features: int,
        num_heads: int,
        head_dim: int | None = None,
        scale: float | None = None,
        drop_prob: float = 0.0,
        n_branches: int | None = None,
    ) -> None:
        super().__init__()
        self.num_heads = positive_int("num_heads", num_heads)
        if head_dim is None:
            if positive_int("features", features) % num_heads:
                raise ValueError(
                    f"expected features to be a multiple of num_heads={num_heads}, got {features}"
                )
            head_dim = features // num_heads
        self.head_dim = positive_int("head_dim", head_dim)
        self.scale = 1 / math.sqrt(self.head_dim) if scale is None else scale
        # A module, so that code that switches all dropout layers on or off finds it.
        self.drop = Dropout(number_between("drop_prob", drop_prob, 0.0, 1.0))
        inner = self.num_heads * self.head_dim
        self.query = _linear(n_branches, features, inner)
        self.key = _linear(n_branches, features, inner)
        self.value = _linear(n_branches, features, inner)
        self.out = _linear(n_branches, inner, features)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (..., tokens, features) to the same shape; the axis before the tokens is branches.

        Tokens at which `mask`, of shape (batch, tokens), is False are not attended to.
        """
        drop_prob = self.drop.p if self.drop.training else 0.0
        if mask is None and self._is_fusable(x, drop_prob):
            query, key, value = self._projected(x)
            mixed = attention_by_products(query, key, value, drop_prob)
            mixed = mixed.view(len(mixed) // self.num_heads, self.num_heads, *mixed.shape[1:])
        else:
            query, key, value = (
                layer(x)
                .flatten(0, -3)
                .unflatten(-1, (self.num_heads, self.head_dim))
                .transpose(1, 2)
                for layer in (self.query, self.key, self.value)
            )  # each (batch * branches, num_heads, tokens, head_dim)
            attended = None if mask is None else mask[:, None, None, :]  # for all heads and queries
            mixed = F.scaled_dot_product_attention(
                query, key, value, attended, dropout_p=drop_prob, scale=self.scale
            )
        inner = self.num_heads * self.head_dim
        out: Tensor = self.out(mixed.transpose(1, 2).reshape(*x.shape[:-1], inner))
        return out

    def _is_fusable(self, x: Tensor, drop_prob: float) -> bool:
        """Return whether one product may compute queries, keys and values."""
        layers = (self.query, self.key, self.value)
        return (
            products_are_faster(x, x.shape[-2], self.head_dim, drop_prob)
            and all(type(layer) in (nn.Linear, ParallelLinear) for layer in layers)
            and not any(has_hooks(layer) or has_patched_forward(layer) for layer in layers)
            and all(
                type(values) is nn.Parameter and values.dtype == x.dtype
                for layer in layers
                for values in (layer.weight, layer.bias)
            )
        )

    def _projected(self, x: Tensor) -> Tensor:
        """Return scaled queries, keys and values, each (batch * branches * heads, tokens, d)."""
        query, key, value = self.query, self.key, self.value
        # Scaling the weight instead of the queries saves a pass over them.
        weight = torch.cat([query.weight * self.scale, key.weight, value.weight], -2)
        bias = torch.cat([query.bias * self.scale, key.bias, value.bias], -1)
        if isinstance(query, ParallelLinear):
            projected = parallel_linear(x, weight, bias)
        else:
            projected = F.linear(x, weight, bias)
        heads = projected.view(*x.shape[:-1], 3, self.num_heads, self.head_dim)
        return heads.movedim((-3, -2), (0, -3)).flatten(1, -3)

    def extra_repr(self) -> str:
        """Return the number of heads and the scale."""
        return f"num_heads={self.num_heads}, scale={self.scale:.4g}"


def keras_attention_init_(attention: MultiHeadAttention) -> None:
    """Initialise an attention in place as Keras's MultiHeadAttention does.

    The initialiser is glorot_uniform, but Keras counts other fans than torch. Its kernels have the
    shapes (features, num_heads, head_dim) and (num_heads, head_dim, features), and the first axis
    of each counts as a receptive field.

    Examples
    --------
    >>> attention = MultiHeadAttention(32, 2, head_dim=8)
    >>> keras_attention_init_(attention)
    >>> bool(attention.query.weight.abs().max() <= 0.137)
    True
    """
    num_heads, head_dim = attention.num_heads, attention.head_dim
    features = attention.out.out_features
    inwards = math.sqrt(6 / (features * (num_heads + head_dim)))
    outwards = math.sqrt(6 / (num_heads * (head_dim + features)))
    for layer in (attention.query, attention.key, attention.value, attention.out):
        limit = outwards if layer is attention.out else inwards
        nn.init.uniform_(layer.weight, -limit, limit)
        nn.init.zeros_(layer.bias)


def _linear(
    n_branches: int | None, in_features: int, out_features: int
) -> ParallelLinear | nn.Linear:
    if n_branches is None:
        return nn.Linear(in_features, out_features)
    return ParallelLinear(n_branches, in_features, out_features)
