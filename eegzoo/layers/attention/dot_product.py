"""Scaled dot-product attention, computed in the way that is fastest on a CPU."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from eegzoo.layers.autocast import computed_dtype
from eegzoo.layers.dropout import dropout
from eegzoo.layers.eager import is_eager_on_cpu

# Sizes up to which two products and a softmax are faster than torch's fused attention.
_MOST_TOKENS = 64
_LONGEST_HEAD = 8


def dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, scale: float | None = None, drop_prob: float = 0.0
) -> Tensor:
    """Return the values, weighted by the softmax of the products of queries and keys.

    Equal to `torch.nn.functional.scaled_dot_product_attention`, with other random numbers for
    dropout (`eegzoo.layers.Dropout`). On CPUs the latter is slow for short heads and with dropout.

    Parameters
    ----------
    query, key, value : Tensor, shape (batch, num_heads, tokens, head_dim)
        Queries, keys and values.
    scale : float | None
        Factor for the products. None: one over the square root of `head_dim`.
    drop_prob : float
        Probability that a weight is set to zero. The others are divided by ``1 - drop_prob``.

    Returns
    -------
    Tensor, shape (batch, num_heads, tokens, head_dim)
        Weighted sums of the values.

    Examples
    --------
    >>> query, key, value = torch.randn(3, 16, 10, 61, 4)
    >>> dot_product_attention(query, key, value).shape
    torch.Size([16, 10, 61, 4])
    """
    if not products_are_faster(query, query.shape[-2], query.shape[-1], drop_prob):
        return F.scaled_dot_product_attention(
            query, key, value, dropout_p=drop_prob, scale=scale
        )  # fmt: skip
    if scale is None:
        scale = query.shape[-1] ** -0.5
    queries, keys, values = (x.flatten(0, 1) for x in (query * scale, key, value))
    return attention_by_products(queries, keys, values, drop_prob).view(query.shape)


def products_are_faster(x: Tensor, n_tokens: int, head_dim: int, drop_prob: float) -> bool:
    """Return whether to use `attention_by_products`, given any tensor of the computation.

    Examples
    --------
    >>> x = torch.zeros(1)
    >>> products_are_faster(x, 61, 4, 0.0), products_are_faster(x, 1000, 64, 0.0)
    (True, False)
    """
    if not (is_eager_on_cpu(x) and computed_dtype(x) in (torch.float32, torch.float64)):
        return False
    # With dropout, torch computes the products as well, and draws slowly.
    return drop_prob > 0 or (n_tokens <= _MOST_TOKENS and head_dim <= _LONGEST_HEAD)


def attention_by_products(query: Tensor, key: Tensor, value: Tensor, drop_prob: float) -> Tensor:
    """Return the attention of each head as two products of matrices.

    Parameters
    ----------
    query, key, value : Tensor, shape (batch, tokens, head_dim)
        Queries multiplied by the scale, keys and values; the heads are part of the batch.
    drop_prob : float
        Probability that a weight is set to zero.

    Returns
    -------
    Tensor, shape (batch, tokens, head_dim)
        Weighted sums of the values.

    Examples
    --------
    >>> query, key, value = torch.randn(3, 160, 61, 4)
    >>> attention_by_products(query, key, value, drop_prob=0.0).shape
    torch.Size([160, 61, 4])
    """
    weights = torch.bmm(query, key.mT).softmax(-1)
    return torch.bmm(dropout(weights, drop_prob), value)
