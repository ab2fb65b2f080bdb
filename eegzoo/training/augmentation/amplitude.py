"""Augmentations of the amplitudes of a window: sign, channels and noise."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import torch
from torch import Tensor

from eegzoo.training.augmentation.base import (
    Augmentation,
    at_least_float32,
    check_windows,
    draw,
    register_augmentation,
    set_number,
)


@register_augmentation
@dataclasses.dataclass(frozen=True)
class SignFlip(Augmentation):
    """Multiplication of random windows by -1.

    All channels of a window are multiplied, so spatial patterns are kept. Use it for classes that
    differ in the power of rhythms, as in motor imagery and sleep staging. Do not use it where
    polarity matters: for evoked potentials, and for lateralised or other slow potentials.

    Parameters
    ----------
    prob : float
        Probability that a window is flipped.

    References
    ----------
    Rommel, Moreau, Paillard and Gramfort (2022). CADDA: class-wise automatic differentiable data
    augmentation for EEG signals. ICLR. https://doi.org/10.48550/arXiv.2106.13695

    Rommel, Paillard, Moreau and Gramfort (2022). Data augmentation for learning predictive models
    on EEG: a systematic comparison. J. Neural Eng. 19, 066020.
    https://doi.org/10.1088/1741-2552/aca220

    Examples
    --------
    >>> SignFlip(prob=1.0)(torch.tensor([[[1.0, -2.0, 3.0]]]), sfreq=250.0)
    tensor([[[-1.,  2., -3.]]])
    """

    prob: float = 0.5
    name: ClassVar[str] = "sign_flip"

    def __post_init__(self) -> None:
        set_number(self, "prob", 0.0, 1.0)

    def __call__(self, x: Tensor, sfreq: float) -> Tensor:
        """Return windows with the sign of some of them flipped."""
        check_windows(x, sfreq)
        return torch.where(draw(x, 1, 1) < self.prob, -x, x)


@register_augmentation
@dataclasses.dataclass(frozen=True)
class ChannelDropout(Augmentation):
    """Random channels of each window set to zero.

    It keeps a model from relying on a single electrode. Use it where several electrodes carry the
    information; do not use it where one electrode carries all of it. At least one channel of each
    window is kept, so a window of a single channel does not change.

    Unlike `torch.nn.Dropout`, it does not scale the remaining channels: a failing electrode does
    not change the amplitudes of the others, and amplitudes distinguish classes. After whitening,
    channels no longer correspond exactly to electrodes.

    Parameters
    ----------
    prob : float
        Probability that a channel of a window is set to zero.

    References
    ----------
    Saeed, Grangier, Pietquin and Zeghidour (2021). Learning from heterogeneous EEG signals with
    differentiable channel reordering. ICASSP. https://doi.org/10.1109/ICASSP39728.2021.9413712

    Rommel, Paillard, Moreau and Gramfort (2022). Data augmentation for learning predictive models
    on EEG: a systematic comparison. J. Neural Eng. 19, 066020.
    https://doi.org/10.1088/1741-2552/aca220

    Examples
    --------
    >>> dropped = ChannelDropout(prob=1.0)(torch.ones(4, 3, 100), sfreq=250.0)
    >>> dropped.mean(dim=2).sum(dim=1)  # number of channels that are kept
    tensor([1., 1., 1., 1.])
    """

    prob: float = 0.2
    name: ClassVar[str] = "channel_dropout"

    def __post_init__(self) -> None:
        set_number(self, "prob", 0.0, 1.0)

    def __call__(self, x: Tensor, sfreq: float) -> Tensor:
        """Return windows with some of their channels set to zero."""
        check_windows(x, sfreq)
        number = draw(x, x.shape[1], 1)
        dropped = number < self.prob
        # The channel with the largest number is always kept. It would be dropped only if all were.
        dropped = dropped.scatter(1, number.argmax(dim=1, keepdim=True), False)
        return x.masked_fill(dropped, 0.0)


@register_augmentation
@dataclasses.dataclass(frozen=True)
class GaussianNoise(Augmentation):
    """White noise added to each channel, in proportion to the channel's standard deviation.

    Use it for any task, with a small `share`. Do not use it where classes differ in weak, fast
    rhythms: the power of EEG falls with frequency and that of white noise does not, so the noise
    masks the gamma band first.

    Parameters
    ----------
    share : float
        Standard deviation of the noise, divided by that of the channel in the window.

    References
    ----------
    Wang, Zhong, Peng, Jiang and Liu (2018). Data augmentation for EEG-based emotion recognition
    with deep convolutional neural networks. MultiMedia Modeling.
    https://doi.org/10.1007/978-3-319-73600-6_8

    Examples
    --------
    >>> x = 20 * torch.randn(4, 3, 5000)
    >>> noise = GaussianNoise(share=0.1)(x, sfreq=250.0) - x
    >>> round(noise.std().item())
    2
    """

    share: float = 0.1
    name: ClassVar[str] = "gaussian_noise"

    def __post_init__(self) -> None:
        set_number(self, "share", 0.0)

    def __call__(self, x: Tensor, sfreq: float) -> Tensor:
        """Return windows with added noise."""
        check_windows(x, sfreq)
        signal = at_least_float32(x)
        # No gradient flows through the noise: the gradient of a flat channel's std is not finite.
        constant = signal.detach()
        centred = constant - constant.mean(dim=2, keepdim=True)
        std = centred.square().mean(dim=2, keepdim=True).sqrt()
        noise = torch.randn(x.shape, dtype=torch.float32, device=x.device)
        return (signal + self.share * std * noise).to(x.dtype)
