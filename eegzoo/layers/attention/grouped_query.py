"""Attention whose heads share keys and values, with positions as angles."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.attention.dot_product import dot_product_attention
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.fixed_tensors import FixedTensors


class RotaryPositions(FixedTensors):
    """Positions as in TCFormer: features in pairs, mixed by sines and cosines of their angles.

    Su et al. rotate each pair of neighbouring features by one angle. TCFormer's code has an angle
    for each feature, in the order for pairs of features that are half a head apart, but mixes
    neighbours. What it computes is therefore no rotation, and lengths change. This layer follows
    the code. The values are rounded to float32, as they are there.

    Parameters
    ----------
    n_positions : int
        Number of tokens.
    head_dim : int
        Number of features of a head, even.

    References
    ----------
    Su, Ahmed, Lu, Pan, Bo, Liu (2024). RoFormer: enhanced transformer with rotary position
    embedding. Neurocomputing 568, 127063. https://doi.org/10.1016/j.neucom.2023.127063

    Examples
    --------
    >>> RotaryPositions(2, 4)(torch.ones(1, 1, 2, 4))
    tensor([[[[ 1.0000,  1.0000,  1.0000,  1.0000],
              [-0.3012,  1.0099, -0.3012,  1.0099]]]])
    """

    def __init__(self, n_positions: int, head_dim: int) -> None:
        super().__init__()
        self.n_positions = positive_int("n_positions", n_positions)
        self.head_dim = positive_int("head_dim", head_dim)
        if head_dim % 2:
            raise ValueError(f"expected head_dim to be even, got {head_dim}")

    def compute_tensors(self) -> tuple[Tensor, ...]:
        """Return cosines and sines, each (n_positions, head_dim)."""
        steps = torch.arange(0, self.head_dim, 2, dtype=torch.float32) / self.head_dim
        angles = torch.outer(torch.arange(self.n_positions).float(), 1.0 / 10_000**steps)
        angles = torch.cat([angles, angles], dim=1)
        return angles.cos(), angles.sin()

    def forward(self, x: Tensor) -> Tensor:
        """Mix the features of (batch, heads, n_positions, head_dim)."""
        cosines, sines = self.tensors(x.dtype, x.device)
        turned = torch.stack([-x[..., 1::2], x[..., ::2]], dim=-1).flatten(-2)
        return x * cosines + turned * sines


class GroupedQueryAttention(nn.Module):
    """Self-attention in which several heads of queries share a head of keys and values.

    Parameters
    ----------
    features : int
        Number of features of a token, a multiple of `n_heads`.
    n_heads : int
        Number of heads of queries, a multiple of `n_kv_heads`.
    n_kv_heads : int
        Number of heads of keys and values.
    n_positions : int
        Number of tokens.
    drop_prob : float
        Dropout probability of the attention weights.

    References
    ----------
    Ainslie, Lee-Thorp, de Jong, Zemlyanskiy, Lebrón, Sanghai (2023). GQA: training generalized
    multi-query transformer models from multi-head checkpoints. EMNLP.
    https://doi.org/10.18653/v1/2023.emnlp-main.298

    Examples
    --------
    >>> GroupedQueryAttention(48, 4, 2, n_positions=17)(torch.randn(2, 17, 48)).shape
    torch.Size([2, 17, 48])
    """

    def __init__(
        self,
        features: int,
        n_heads: int,
        n_kv_heads: int,
        n_positions: int,
        drop_prob: float = 0.0,
    ) -> None:
        super().__init__()
        self.n_heads, self.n_kv_heads = n_heads, n_kv_heads
        if features % (2 * n_heads) or n_heads % n_kv_heads:
            raise ValueError(
                f"expected features={features} to be a multiple of 2 * n_heads, and n_heads to be "
                f"a multiple of n_kv_heads, got n_heads={n_heads} and n_kv_heads={n_kv_heads}"
            )
        head_dim = features // n_heads
        self.query = nn.Linear(features, features, bias=False)
        self.key_value = nn.Linear(features, 2 * n_kv_heads * head_dim, bias=False)
        self.positions = RotaryPositions(n_positions, head_dim)
        # A module, so that code that switches all dropout layers on or off finds it.
        self.drop = Dropout(number_between("drop_prob", drop_prob, 0.0, 1.0))
        self.out = nn.Linear(features, features, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, tokens, features) to the same shape."""
        query = self.query(x).unflatten(2, (self.n_heads, -1)).transpose(1, 2)
        shared = self.key_value(x).unflatten(2, (self.n_kv_heads, 2, -1)).permute(3, 0, 2, 1, 4)
        key, value = shared.repeat_interleave(self.n_heads // self.n_kv_heads, dim=2)
        drop_prob = self.drop.p if self.drop.training else 0.0
        mixed = dot_product_attention(
            self.positions(query), self.positions(key), value, drop_prob=drop_prob
        )
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out

    def extra_repr(self) -> str:
        """Return the numbers of heads."""
        return f"n_heads={self.n_heads}, n_kv_heads={self.n_kv_heads}"
