"""Mixup: mixtures of pairs of windows, and their losses."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Beta

from eegzoo.training.augmentation.base import (
    at_least_float32,
    check_windows,
    register_augmentation,
    set_number,
)


@register_augmentation
@dataclasses.dataclass(frozen=True)
class Mixup:
    """Mixture of each window with another window of its batch.

    Labels are mixed as well: training computes the loss of a mixture with `mixed_loss`. So Mixup is
    not an `Augmentation`, which changes single windows and keeps their labels. Use it for any task
    with few training windows; it also makes a model less confident. Mixtures of two windows are
    not realistic EEG, so a large `alpha` costs accuracy where classes differ in amplitude.

    Parameters
    ----------
    alpha : float
        Parameter of the distribution Beta(alpha, alpha) of the shares, from 0.05 to 100. A small
        value gives mixtures of nearly one window, 1 gives uniform shares, and a large value gives
        shares near one half.

    References
    ----------
    Zhang, Cisse, Dauphin and Lopez-Paz (2018). mixup: beyond empirical risk minimization. ICLR.
    https://doi.org/10.48550/arXiv.1710.09412 (The paper draws one share for each batch, this class
    one for each window.)

    Examples
    --------
    >>> x, y = torch.randn(4, 3, 500), torch.tensor([0, 1, 1, 0])
    >>> mixed, partners, share = Mixup(alpha=0.2).mix(x)
    >>> mixed.shape, partners.shape, share.shape
    (torch.Size([4, 3, 500]), torch.Size([4]), torch.Size([4]))
    >>> first = share[0] * x[0] + (1 - share[0]) * x[partners[0]]
    >>> torch.allclose(mixed[0], first)
    True
    """

    alpha: float = 0.2
    name: ClassVar[str] = "mixup"

    def __post_init__(self) -> None:
        # Below 0.05, float32 cannot represent many of the numbers that the shares are made from.
        set_number(self, "alpha", 0.05, 100.0)

    def mix(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Mix windows in pairs.

        Parameters
        ----------
        x : Tensor of float, shape (batch, n_chans, n_times) | (batch, n_windows, n_chans, n_times)
            Windows, or sequences of windows, which are mixed as a whole. They are not changed.

        Returns
        -------
        mixed : Tensor, shape of x
            ``share * x + (1 - share) * x[partners]``.
        partners : Tensor of int, shape (batch,)
            Index of the other window in the batch. It is a permutation, so that all windows have
            the same weight; a window may be its own partner.
        share : Tensor of float, shape (batch,)
            Share of the window itself in its mixture, from 0 to 1; of the dtype of x, but float32
            for half precision.
        """
        check_windows(x, ndims=(3, 4))
        windows = at_least_float32(x)
        partners = torch.randperm(len(x), device=x.device)
        # Drawn in float32 for every dtype of x, so that a seed has the same effect for all dtypes.
        alpha = torch.full((len(x),), self.alpha, dtype=torch.float32, device=x.device)
        share = Beta(alpha, alpha, validate_args=False).sample().to(windows.dtype)
        part = share.reshape(-1, *[1] * (x.ndim - 1))
        mixed = part * windows + (1 - part) * windows[partners]
        return mixed.to(x.dtype), partners, share


def mixed_loss(
    loss: Callable[..., Tensor], partners: Tensor, share: Tensor, *targets: Tensor
) -> Tensor:
    """Return the losses of windows that were mixed by `Mixup.mix`.

    Parameters
    ----------
    loss : callable
        Function of `targets` that returns the loss of each window: shape (batch,), or (batch, ...)
        for several losses of each window. It is called with the targets of the windows and with
        those of their partners.
    partners : Tensor of int, shape (batch,)
        Indices of the other windows.
    share : Tensor of float, shape (batch,)
        Share of each window's own loss.
    *targets : Tensor, shape (batch, ...)
        Labels, and other values of each window, such as its weight.

    Returns
    -------
    Tensor, shape (batch, ...)
        ``share * loss(targets) + (1 - share) * loss(targets[partners])``.

    Raises
    ------
    ValueError
        If `loss` does not return a loss for each window, but for instance their mean.

    Examples
    --------
    >>> partners, share = torch.tensor([1, 0]), torch.tensor([0.75, 1.0])
    >>> mixed_loss(lambda y: y.square(), partners, share, torch.tensor([2.0, 4.0]))
    tensor([ 7., 16.])
    """
    own, other = loss(*targets), loss(*(target[partners] for target in targets))
    if own.shape[:1] != share.shape:
        raise ValueError(
            f"expected a loss for each of {len(share)} windows (reduction='none'), "
            f"got shape {tuple(own.shape)}"
        )
    part = share.reshape(-1, *[1] * (own.ndim - 1))
    return part * own + (1 - part) * other
