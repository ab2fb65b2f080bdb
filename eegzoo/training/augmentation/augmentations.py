"""Augmentations of EEG windows in training, by name or as objects."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from eegzoo.arguments import nearest
from eegzoo.training.augmentation.base import (
    AUGMENTATIONS,
    Augmentation,
    at_least_float32,
    check_windows,
    draw,
    register_augmentation,
    set_number,
)
from eegzoo.training.augmentation.mixup import Mixup, mixed_loss
from eegzoo.training.augmentation.spectral import FourierSurrogate, FrequencyShift
from eegzoo.training.augmentation.time import TimeMask, TimeShift

__all__ = [
    "AUGMENTATIONS",
    "Augmentation",
    "ChannelDropout",
    "FourierSurrogate",
    "FrequencyShift",
    "GaussianNoise",
    "Mixup",
    "SignFlip",
    "TimeMask",
    "TimeShift",
    "as_augmentations",
    "mixed_loss",
    "register_augmentation",
]


def as_augmentations(
    given: Sequence[str | Augmentation | Mixup],
) -> tuple[Augmentation | Mixup, ...]:
    """Return augmentations, those given by name with their default arguments.

    Parameters
    ----------
    given : sequence of str | Augmentation | Mixup
        Names of `AUGMENTATIONS` and objects, in the order in which they shall be applied.

    Returns
    -------
    tuple of Augmentation | Mixup
        Objects.

    Raises
    ------
    TypeError
        If it is no sequence, or holds something else.
    ValueError
        For an unknown name, with the nearest; and if a class comes twice.

    Examples
    --------
    >>> as_augmentations(["time_shift", SignFlip(prob=0.3), "mixup"])
    (TimeShift(seconds=0.1), SignFlip(prob=0.3), Mixup(alpha=0.2))
    >>> sorted(AUGMENTATIONS)
    ['channel_dropout', 'fourier_surrogate', 'frequency_shift', 'gaussian_noise', 'mixup',
     'sign_flip', 'time_mask', 'time_shift']
    """
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise TypeError(
            f"expected augment to be a sequence of names and augmentations, got {given!r}; "
            "put a single one in a tuple: (..., )"
        )
    augmentations = tuple(map(_as_augmentation, given))
    kinds = [type(augmentation) for augmentation in augmentations]
    for kind in kinds:
        if kinds.count(kind) > 1:
            raise ValueError(f"expected augment to hold each kind once, got {kind.__name__} twice")
    return augmentations


def _as_augmentation(given: str | Augmentation | Mixup) -> Augmentation | Mixup:
    if isinstance(given, (Augmentation, Mixup)):
        return given
    if not isinstance(given, str):
        raise TypeError(f"expected augment to hold names and augmentations, got {given!r}")
    if given not in AUGMENTATIONS:
        raise ValueError(f"unknown augmentation {given!r}{nearest(given, AUGMENTATIONS)}")
    made: Augmentation | Mixup = AUGMENTATIONS[given]()
    return made


@register_augmentation
@dataclasses.dataclass(frozen=True)
class SignFlip(Augmentation):
    """Some windows multiplied by -1, all channels together, so that their pattern stays.

    It suits classes that differ in the power of rhythms: motor imagery, sleep stages. It is wrong
    where polarity is the class: evoked potentials, and lateralised or other slow potentials.

    Parameters
    ----------
    prob : float
        How probably a window is flipped.

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
        """Return windows of which some are flipped."""
        check_windows(x, sfreq)
        return torch.where(draw(x, 1, 1) < self.prob, -x, x)


@register_augmentation
@dataclasses.dataclass(frozen=True)
class ChannelDropout(Augmentation):
    """Some channels of each window set to zero.

    It makes a net rely on no single electrode, and suits every task whose information lies in
    several. It is wrong where one electrode has it all. What is left is not made larger, as
    `torch.nn.Dropout` would: an electrode that fails leaves the others' amplitudes alone, and
    amplitudes tell classes apart. At least one channel of a window stays: a single one always.
    After whitening a channel is no longer quite an electrode.

    Parameters
    ----------
    prob : float
        How probably a channel of a window is set to zero.

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
    >>> dropped.mean(dim=2).sum(dim=1)  # one channel is left
    tensor([1., 1., 1., 1.])
    """

    prob: float = 0.2
    name: ClassVar[str] = "channel_dropout"

    def __post_init__(self) -> None:
        set_number(self, "prob", 0.0, 1.0)

    def __call__(self, x: Tensor, sfreq: float) -> Tensor:
        """Return windows without some of their channels."""
        check_windows(x, sfreq)
        number = draw(x, x.shape[1], 1)
        dropped = number < self.prob
        # Of a window that would lose all, the channel with the largest number stays. In other
        # windows it stays anyway.
        dropped = dropped.scatter(1, number.argmax(dim=1, keepdim=True), False)
        return x.masked_fill(dropped, 0.0)


@register_augmentation
@dataclasses.dataclass(frozen=True)
class GaussianNoise(Augmentation):
    """White noise added to each channel of each window, in proportion to its own size.

    It suits every task, mildly. It is wrong where a fast, weak rhythm is the class: EEG falls with
    frequency and white noise does not, so that it covers gamma first.

    Parameters
    ----------
    share : float
        Standard deviation of the noise, as a share of that of the channel in the window.

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
        """Return windows with noise."""
        check_windows(x, sfreq)
        signal = at_least_float32(x)
        # The noise is a constant to gradients: that of the std of a flat channel is not finite.
        constant = signal.detach()
        variance = (
            (constant - constant.mean(dim=2, keepdim=True)).square().mean(dim=2, keepdim=True)
        )
        noise = torch.randn(x.shape, dtype=torch.float32, device=x.device)
        return (signal + self.share * variance.sqrt() * noise).to(x.dtype)
