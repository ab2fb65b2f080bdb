"""Attention of learnt queries to tokens."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from eegzoo.layers.attention.dot_product import dot_product_attention
from eegzoo.layers.dropout import Dropout


class QueryAttention(nn.Module):
    """Attention of learnt queries to tokens.

    Parameters
    ----------
    features : int
        Number of features of a token, a multiple of `n_heads`.
    n_queries : int
        Number of queries.
    n_heads : int
        Number of attention heads.
    drop_prob : float
        Dropout probability of the attention weights.

    Examples
    --------
    >>> QueryAttention(16, 4, n_heads=2)(torch.randn(3, 22, 16)).shape
    torch.Size([3, 4, 16])
    """

    def __init__(self, features: int, n_queries: int, n_heads: int, drop_prob: float = 0.0) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.queries = nn.Parameter(torch.randn(n_queries, features))
        self.query = nn.Linear(features, features)
        self.key = nn.Linear(features, features)
        self.value = nn.Linear(features, features)
        # A module, so that code that switches all dropout layers on or off finds it.
        self.drop = Dropout(drop_prob)
        self.out = nn.Linear(features, features)

    def forward(
        self, keys: Tensor, values: Tensor | None = None, queries: Tensor | None = None
    ) -> Tensor:
        """Map keys and values (batch, tokens, features) to (batch, n_queries, features).

        The values are the keys and the queries are the learnt ones, unless others are given.
        """
        values = keys if values is None else values
        queries = self.queries if queries is None else queries
        query, key, value = (
            x.unflatten(-1, (self.n_heads, -1)).transpose(-3, -2)
            for x in (self.query(queries), self.key(keys), self.value(values))
        )  # each (batch, n_heads, tokens, head_dim)
        mixed = dot_product_attention(
            query.expand(keys.shape[0], -1, -1, -1), key, value,
            drop_prob=self.drop.p if self.drop.training else 0.0,
        )  # fmt: skip
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out
