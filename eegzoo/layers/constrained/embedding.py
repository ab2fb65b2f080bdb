"""Embedding with a norm constraint on each vector."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import positive_int
from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.layers.constrained.norms import AxisNorm


class ConstrainedEmbedding(NormConstraint, nn.Embedding):
    """`torch.nn.Embedding` with a norm constraint on each vector.

    torch's own ``max_norm`` changes the vectors that are looked up, also in evaluation, and its
    gradients are not those at the projected weight. This layer constrains all vectors, in the way
    of the other constrained layers.

    Parameters
    ----------
    num_embeddings, embedding_dim, padding_idx, scale_grad_by_freq, sparse, device, dtype
        Arguments of `torch.nn.Embedding`.
    max_norm : float | None
        Largest norm of a vector. None: no constraint.
    min_norm : float | None
        Smallest norm of a vector. Used with `max_norm` only. The vector of `padding_idx` stays
        zero.
    axis_norm : int | tuple of int
        Axes of the weight over which the norm is taken. The weight has the shape (num_embeddings,
        embedding_dim). Keras's constraints have the other axis as their default, which limits the
        norm of a component over all vectors.
    minmax_rate : float
        Fraction of the way to its limit that a norm moves at each update of the weight. Used with
        both limits only.

    See Also
    --------
    NormConstraint : The behaviour in training and in evaluation.

    Examples
    --------
    >>> layer = ConstrainedEmbedding(9, 16, max_norm=0.5)
    >>> layer(torch.tensor([[0, 3, 8]])).shape
    torch.Size([1, 3, 16])
    >>> bool((layer.weight.norm(dim=1) <= 0.5 + 1e-6).all())
    True
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        max_norm: float | None = 2.0,
        min_norm: float | None = None,
        axis_norm: AxisNorm = 1,
        minmax_rate: float = 1.0,
    ) -> None:
        super().__init__(
            positive_int("num_embeddings", num_embeddings),
            positive_int("embedding_dim", embedding_dim),
            padding_idx,
            scale_grad_by_freq=scale_grad_by_freq,
            sparse=sparse,
            device=device,
            dtype=dtype,
        )
        self.set_constraint(max_norm, min_norm, axis_norm, minmax_rate)

    def forward(self, x: Tensor) -> Tensor:
        """Map indices (...) to vectors (..., embedding_dim)."""
        return F.embedding(
            x, self.shared_weight(), self.padding_idx,
            scale_grad_by_freq=self.scale_grad_by_freq, sparse=self.sparse,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """Return the layer's own arguments, followed by the constraint."""
        shown = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.padding_idx is not None:
            shown += f", padding_idx={self.padding_idx}"
        return f"{shown}, {self.shown_constraint()}"
