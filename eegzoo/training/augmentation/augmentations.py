"""Augmentations of EEG windows by name; importing this module registers all of them."""

from __future__ import annotations

from collections.abc import Sequence

from eegzoo.arguments import nearest
from eegzoo.training.augmentation.amplitude import ChannelDropout, GaussianNoise, SignFlip
from eegzoo.training.augmentation.base import AUGMENTATIONS, Augmentation, register_augmentation
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
    """Return augmentations as objects; those given by name have their default arguments.

    Parameters
    ----------
    given : sequence of str | Augmentation | Mixup
        Names in `AUGMENTATIONS`, or objects, in the order of their application.

    Returns
    -------
    tuple of Augmentation | Mixup
        Objects, in the same order.

    Raises
    ------
    TypeError
        If `given` is not a sequence of names and objects.
    ValueError
        If a name is unknown, or a class occurs twice.

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
