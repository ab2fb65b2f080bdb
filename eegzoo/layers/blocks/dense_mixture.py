"""Dense layers on parts of the features, whose probabilities are averaged."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.arguments import positive_int
from eegzoo.layers.constrained.dense import ConstrainedDense

# More features than windows leave directions that no window reaches, where weights stay as drawn.
_SPREAD_AT_START = 1e-3


class OneAlone(nn.Dropout):
    """Dropout that keeps one of several classifiers for each window, drawn anew in training.

    The probability that the kept one gives is multiplied by their number, so that the mean over all
    is this probability.

    Parameters
    ----------
    p : float
        Probability that a window has one classifier alone.

    Examples
    --------
    >>> log_probabilities = torch.log(torch.tensor([[[0.9, 0.1]], [[0.6, 0.4]]]))
    >>> kept = OneAlone(p=1.0)(log_probabilities).exp().mean(0)
    >>> round(kept.max().item(), 4) in (0.9, 0.6)
    True
    """

    def forward(self, each: Tensor) -> Tensor:
        """Map log-probabilities (n_classifiers, ..., n_classes), where all but one may be -inf."""
        if not self.training or self.p == 0.0:
            return each
        n, shape = len(each), each.shape[1:-1]
        kept = torch.randint(n, shape, device=each.device)
        numbers = torch.arange(n, device=each.device).view(-1, *[1] * len(shape))
        alone = torch.rand(shape, device=each.device) < self.p
        silent = (alone & (numbers != kept)).unsqueeze(-1)
        louder = each + math.log(n) * alone.unsqueeze(-1)
        return louder.masked_fill(silent, -math.inf)


class DenseMixture(nn.Module):
    """Constrained dense layers on parts of the features, whose probabilities are averaged.

    One dense layer on all features learns from what they have in common, and less from each part
    than it holds. Here each layer learns to classify by its part alone: in training each window is
    classified by one of the layers, drawn anew. The mean cross-entropy is then that of all layers,
    each trained for itself. The maximum norm regularises each by itself. Weights begin near zero.

    Parameters
    ----------
    in_features : sequence of int
        Number of features of each part, in their order.
    out_features : int
        Number of classes. A single output is no probability: the outputs are averaged then.
    max_norms : sequence of float | None
        Maximum norm of the weights of a class, for each part. None: no limit.

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid. The message names the argument.

    See Also
    --------
    sklearn.ensemble.VotingClassifier : The same with ``voting="soft"``.

    Examples
    --------
    >>> head = DenseMixture([6, 4], 2, max_norms=[1.0, 0.5]).eval()
    >>> log_probabilities = head(torch.randn(8, 10))
    >>> torch.allclose(log_probabilities.exp().sum(1), torch.ones(8))
    True
    """

    def __init__(
        self, in_features: Sequence[int], out_features: int, max_norms: Sequence[float | None]
    ) -> None:
        super().__init__()
        self.in_features = [positive_int("in_features", size) for size in in_features]
        self.out_features = positive_int("out_features", out_features)
        if len(max_norms) != len(self.in_features):
            raise ValueError(
                f"expected max_norms to hold {len(self.in_features)} norms, as many as there are "
                f"parts, got {list(max_norms)}"
            )
        self.layers = nn.ModuleList(
            ConstrainedDense(size, self.out_features, max_norm=max_norm)
            for size, max_norm in zip(self.in_features, max_norms, strict=True)
        )
        self.one_alone = OneAlone(p=1.0)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights near zero; biases are zero."""
        for name, values in self.layers.named_parameters():
            if name.endswith("weight"):
                nn.init.normal_(values, std=_SPREAD_AT_START)
            else:
                nn.init.zeros_(values)

    def forward(self, x: Tensor) -> Tensor:
        """Map features (..., sum of in_features) to log-probabilities (..., out_features)."""
        parts = torch.split(x, self.in_features, dim=-1)
        each = [layer(part) for layer, part in zip(self.layers, parts, strict=True)]
        if self.out_features == 1:
            return torch.stack(each).mean(0)
        kept: Tensor = self.one_alone(torch.stack(each).log_softmax(-1))
        return kept.logsumexp(0) - math.log(len(each))
