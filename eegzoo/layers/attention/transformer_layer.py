"""Transformer layer as in torch, with normalisation after or before each part."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from eegzoo.layers.attention.multi_head import MultiHeadAttention
from eegzoo.layers.dropout import Dropout


class TransformerLayer(nn.Module):
    """Attention, then two linear layers, each with a shortcut and a normalisation.

    The layer computes, and is initialised, as `torch.nn.TransformerEncoderLayer`, and is compiled
    and exported as one graph.

    Parameters
    ----------
    features : int
        Number of features of a token.
    n_heads : int
        Number of attention heads.
    feedforward_size : int
        Number of units between the two linear layers.
    activation : type of nn.Module
        Activation of these units.
    drop_prob : float
        Dropout probability of attention weights, of units, and after each part.
    norm_first : bool
        Whether each part begins with its normalisation. False: it follows the sum with the
        shortcut.

    Examples
    --------
    >>> TransformerLayer(128, 8, 1024)(torch.randn(2, 29, 128)).shape
    torch.Size([2, 29, 128])
    """

    def __init__(
        self,
        features: int,
        n_heads: int,
        feedforward_size: int,
        activation: type[nn.Module] = nn.ReLU,
        drop_prob: float = 0.1,
        norm_first: bool = False,
    ) -> None:
        super().__init__()
        self.norm_first = norm_first
        attention = MultiHeadAttention(features, n_heads, drop_prob=drop_prob)
        # torch's attention holds these three weights in one tensor, which determines the fans.
        limit = math.sqrt(6 / (features + 3 * features))
        for linear in (attention.query, attention.key, attention.value):
            nn.init.uniform_(linear.weight, -limit, limit)
        for linear in (attention.query, attention.key, attention.value, attention.out):
            nn.init.zeros_(linear.bias)
        self.attend = nn.Sequential(attention, Dropout(drop_prob))
        self.attend_norm = nn.LayerNorm(features)
        self.expand = nn.Sequential(
            nn.Linear(features, feedforward_size),
            activation(),
            Dropout(drop_prob),
            nn.Linear(feedforward_size, features),
            Dropout(drop_prob),
        )
        self.expand_norm = nn.LayerNorm(features)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Process tokens.

        Parameters
        ----------
        x : Tensor, shape (batch, tokens, features)
            Tokens.
        mask : Tensor of bool, shape (batch, tokens) | None
            Tokens to which the others attend. None: all.

        Returns
        -------
        Tensor, shape (batch, tokens, features)
            Tokens.
        """
        attention, drop = self.attend
        if self.norm_first:
            x = x + drop(attention(self.attend_norm(x), mask))
            return x + self.expand(self.expand_norm(x))  # type: ignore[no-any-return]
        x = self.attend_norm(x + drop(attention(x, mask)))
        out: Tensor = self.expand_norm(x + self.expand(x))
        return out


def sinusoidal_positions(n_tokens: int, features: int, like: Tensor) -> Tensor:
    """Return Vaswani et al.'s encoding of positions.

    Parameters
    ----------
    n_tokens : int
        Number of tokens.
    features : int
        Even number of features of a token. Sines and cosines take turns.
    like : Tensor
        Tensor whose type and device the encoding has.

    Returns
    -------
    Tensor, shape (n_tokens, features)
        Encoding, to be added to tokens.

    References
    ----------
    Vaswani et al. (2017). Attention is all you need. NeurIPS. https://arxiv.org/abs/1706.03762

    Examples
    --------
    >>> sinusoidal_positions(2, 4, torch.zeros(1))
    tensor([[0.0000, 1.0000, 0.0000, 1.0000],
            [0.8415, 0.5403, 0.0100, 0.9999]])
    """
    # In float32 whatever the type, because half precision does not hold large positions.
    position = torch.arange(n_tokens, dtype=torch.float32, device=like.device).unsqueeze(1)
    steps = torch.arange(0, features, 2, dtype=torch.float32, device=like.device)
    angles = position * torch.exp(steps * (-math.log(10_000) / features))
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1).to(like.dtype)
