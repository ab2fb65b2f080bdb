"""Layers of vision transformers: fused attention, stochastic depth, and the layer made of them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.attention.dot_product import dot_product_attention
from eegzoo.layers.attention.positions import PairRotation
from eegzoo.layers.attention.residual_parts import ResidualParts
from eegzoo.layers.dropout import Dropout


class FusedAttention(nn.Module):
    """Multi-head self-attention whose queries, keys and values are one linear layer.

    Parameters
    ----------
    features : int
        Number of features of a token, a multiple of `n_heads`.
    n_heads : int
        Number of heads.
    bias : bool
        Whether queries, keys and values have a bias.
    qk_norm_eps : float | None
        The ``eps`` of a layer normalisation of the queries and keys of each head. None: they are
        not normalised.
    drop_prob : float
        Dropout probability of the attention weights.
    out_bias : bool
        Whether the last linear layer has a bias.
    n_rotated : int | None
        Number of tokens, whose queries and keys are rotated by their position, as in
        `PairRotation`. None: they are not rotated.

    References
    ----------
    Vaswani et al. (2017). Attention is all you need. NeurIPS. https://arxiv.org/abs/1706.03762

    Examples
    --------
    >>> FusedAttention(200, 10)(torch.randn(2, 61, 200)).shape
    torch.Size([2, 61, 200])
    >>> FusedAttention(100, 4)(torch.randn(2, 19, 30, 100)).shape
    torch.Size([2, 19, 30, 100])
    """

    def __init__(
        self,
        features: int,
        n_heads: int,
        *,
        bias: bool = True,
        qk_norm_eps: float | None = None,
        drop_prob: float = 0.0,
        out_bias: bool = True,
        n_rotated: int | None = None,
    ) -> None:
        super().__init__()
        self.n_heads = positive_int("n_heads", n_heads)
        if positive_int("features", features) % n_heads:
            raise ValueError(
                f"expected features to be a multiple of n_heads={n_heads}, got {features}"
            )
        self.qkv = nn.Linear(features, 3 * features, bias=bias)
        self.query_norm: nn.Module = nn.Identity()
        self.key_norm: nn.Module = nn.Identity()
        if qk_norm_eps is not None:
            self.query_norm = nn.LayerNorm(features // n_heads, eps=qk_norm_eps)
            self.key_norm = nn.LayerNorm(features // n_heads, eps=qk_norm_eps)
        self.rotate: nn.Module = nn.Identity()
        if n_rotated is not None:
            self.rotate = PairRotation(n_rotated, features // n_heads)
        # A module, so that code that switches all dropout layers on or off finds it.
        self.drop = Dropout(number_between("drop_prob", drop_prob, 0.0, 1.0))
        self.out = nn.Linear(features, features, bias=out_bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., tokens, features) to the same shape."""
        qkv = self.qkv(x).flatten(0, -3).unflatten(-1, (3, self.n_heads, -1))
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # each (..., n_heads, tokens, head_dim)
        mixed = dot_product_attention(
            self.rotate(self.query_norm(query)), self.rotate(self.key_norm(key)), value,
            drop_prob=self.drop.p if self.drop.training else 0.0,
        )  # fmt: skip
        out: Tensor = self.out(mixed.transpose(1, 2).reshape(x.shape))
        return out

    def extra_repr(self) -> str:
        """Return the number of heads."""
        return f"n_heads={self.n_heads}"


class DropPath(nn.Module):
    """Stochastic depth: dropout of a residual branch for whole windows.

    Parameters
    ----------
    drop_prob : float
        Probability that the branch of a window is set to zero in training.

    References
    ----------
    Huang, Sun, Liu, Sedra, Weinberger (2016). Deep networks with stochastic depth. ECCV.
    https://doi.org/10.1007/978-3-319-46493-0_39

    Examples
    --------
    >>> branch = DropPath(0.5)(torch.ones(1000, 2, 3))
    >>> sorted(set(branch.flatten().tolist())), bool((branch[:, 0, 0] == branch[:, 1, 2]).all())
    ([0.0, 2.0], True)
    """

    def __init__(self, drop_prob: float) -> None:
        super().__init__()
        self.drop = Dropout(number_between("drop_prob", drop_prob, 0.0, 1.0))

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, ...) with some of the batch set to zero, in training."""
        if not (self.training and self.drop.p):
            return x
        kept: Tensor = self.drop(x.new_ones(x.shape[0], *(1,) * (x.ndim - 1)))
        return x * kept


class LayerScale(nn.Module):
    """Factor for each feature of a residual branch, learnt from a small value.

    Parameters
    ----------
    features : int
        Number of features.
    start : float
        Initial factor.

    References
    ----------
    Touvron, Cord, Sablayrolles, Synnaeve, Jégou (2021). Going deeper with image transformers.
    ICCV. https://doi.org/10.1109/ICCV48922.2021.00010

    Examples
    --------
    >>> LayerScale(3, 0.1)(torch.ones(1, 2, 3))[0, 0]
    tensor([0.1000, 0.1000, 0.1000], grad_fn=<SelectBackward0>)
    """

    def __init__(self, features: int, start: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((features,), float(start)))

    def forward(self, x: Tensor) -> Tensor:
        """Multiply the last axis of (..., features)."""
        return x * self.weight


class TransformerLayer(ResidualParts):
    """Attention and a feed-forward part, each residual and preceded by layer normalisation.

    Parameters
    ----------
    features : int
        Number of features of a token.
    n_heads : int
        Number of attention heads.
    hidden_size : int
        Number of hidden units of the feed-forward part.
    activation : callable
        Class of the non-linear layer.
    eps : float
        The ``eps`` of the layer normalisations.
    bias, qk_norm_eps, attention_drop_prob
        As ``bias``, ``qk_norm_eps`` and ``drop_prob`` of `FusedAttention`.
    drop_prob : float
        Dropout probability at the end of each residual branch.
    path_drop_prob : float
        Probability that a window skips a residual branch, as in `DropPath`.
    layer_scale : float | None
        Initial factor of the residual branches, as in `LayerScale`. None: no factor.

    Examples
    --------
    >>> layer = TransformerLayer(200, 10, 800, qk_norm_eps=1e-6, bias=False, layer_scale=0.1)
    >>> layer(torch.randn(2, 61, 200)).shape
    torch.Size([2, 61, 200])
    """

    def __init__(
        self,
        features: int,
        n_heads: int,
        hidden_size: int,
        *,
        activation: type[nn.Module] = nn.GELU,
        eps: float = 1e-6,
        bias: bool = True,
        qk_norm_eps: float | None = None,
        drop_prob: float = 0.0,
        attention_drop_prob: float = 0.0,
        path_drop_prob: float = 0.0,
        layer_scale: float | None = None,
    ) -> None:
        def end_of_branch() -> list[nn.Module]:
            scale = [] if layer_scale is None else [LayerScale(features, layer_scale)]
            return [Dropout(drop_prob), *scale, DropPath(path_drop_prob)]

        attend = nn.Sequential(
            nn.LayerNorm(features, eps=eps),
            FusedAttention(
                features, n_heads, bias=bias, qk_norm_eps=qk_norm_eps,
                drop_prob=attention_drop_prob,
            ),
            *end_of_branch(),
        )  # fmt: skip
        expand = nn.Sequential(
            nn.LayerNorm(features, eps=eps),
            nn.Linear(features, hidden_size),
            activation(),
            nn.Linear(hidden_size, features),
            *end_of_branch(),
        )
        super().__init__(attend, expand)


def beit_init_(layers: Iterable[nn.Module]) -> None:
    """Initialise transformer layers in place as BEiT does.

    Linear layers are drawn from a normal distribution of standard deviation 0.02, and the last of
    each residual branch is divided by the square root of twice the number of its layer.

    Parameters
    ----------
    layers : iterable of TransformerLayer
        Layers, from the first to the last.

    References
    ----------
    Bao, Dong, Piao, Wei (2022). BEiT: BERT pre-training of image transformers. ICLR.
    https://doi.org/10.48550/arXiv.2106.08254

    Examples
    --------
    >>> layers = nn.ModuleList(TransformerLayer(64, 4, 256) for _ in range(2))
    >>> beit_init_(layers)
    >>> [round(layer.expand[3].weight.std().item(), 3) for layer in layers]
    [0.014, 0.01]
    """
    for number, layer in enumerate(layers, start=1):
        for linear in layer.modules():
            if isinstance(linear, nn.Linear):
                nn.init.trunc_normal_(linear.weight, std=0.02)
                if linear.bias is not None:
                    nn.init.zeros_(linear.bias)
        for last in ("attend.1.out", "expand.3"):
            with torch.no_grad():
                layer.get_parameter(f"{last}.weight").div_(math.sqrt(2.0 * number))
