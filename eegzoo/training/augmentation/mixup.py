"""Mixup: windows and their losses, mixed in pairs."""

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
    """Each window mixed with another of its batch, and its loss likewise.

    It is no `Augmentation`, since it maps no window on its own and its labels change with it:
    training computes its loss with `mixed_loss`. It makes few windows go further and a net less
    sure of itself, whatever the task. Averages of two recordings are no EEG that anyone records,
    so a large `alpha` costs accuracy where amplitudes tell the classes apart.

    Parameters
    ----------
    alpha : float
        Of the distribution Beta(alpha, alpha) from which a window's share in its mixture is
        drawn, from 0.05 to 100. Small: nearly one window alone. 1: uniform. Large: halves.

    References
    ----------
    Zhang, Cisse, Dauphin and Lopez-Paz (2018). mixup: beyond empirical risk minimization. ICLR.
    https://doi.org/10.48550/arXiv.1710.09412 (one share for a batch; here, one for each window)

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
        # Further down, float32 holds few of the numbers that the shares are made from.
        set_number(self, "alpha", 0.05, 100.0)

    def mix(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Mix windows in pairs.

        Parameters
        ----------
        x : Tensor of float, shape (batch, n_chans, n_times) | (batch, n_windows, n_chans, n_times)
            Windows, or sequences of windows that are mixed as a whole. They stay as they are.

        Returns
        -------
        mixed : Tensor, shape of x
            ``share * x + (1 - share) * x[partners]``.
        partners : Tensor of int, shape (batch,)
            Place in the batch of the other window; a permutation, so that all windows count
            alike. A window may be its own partner.
        share : Tensor of float, shape (batch,)
            Of the window itself in its mixture, from 0 to 1; float32 for halves, else of the
            windows' type.
        """
        check_windows(x, ndims=(3, 4))
        windows = at_least_float32(x)
        partners = torch.randperm(len(x), device=x.device)
        # Drawn in float32 for any type of x, so that a seed means the same for all types.
        alpha = torch.full((len(x),), self.alpha, dtype=torch.float32, device=x.device)
        share = Beta(alpha, alpha, validate_args=False).sample().to(windows.dtype)
        part = share.reshape(-1, *[1] * (x.ndim - 1))
        mixed = part * windows + (1 - part) * windows[partners]
        return mixed.to(x.dtype), partners, share


def mixed_loss(
    loss: Callable[..., Tensor], partners: Tensor, share: Tensor, *targets: Tensor
) -> Tensor:
    """Return the losses of windows that `Mixup.mix` mixed.

    Parameters
    ----------
    loss : callable
        Takes `targets` and returns the loss of each window: shape (batch,), or (batch, ...) with
        more than one loss a window. It is called with the windows' own and with their partners'.
    partners : Tensor of int, shape (batch,)
        Places of the other windows.
    share : Tensor of float, shape (batch,)
        Of the windows' own loss.
    *targets : Tensor, shape (batch, ...)
        Labels; and what else belongs to a window, such as its weight.

    Returns
    -------
    Tensor, shape (batch, ...)
        ``share * loss(targets) + (1 - share) * loss(targets[partners])``.

    Raises
    ------
    ValueError
        If there is not a loss for each window, as after a mean over the batch.

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
