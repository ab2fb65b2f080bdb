"""Base class of augmentations, and their registry."""

from __future__ import annotations

import abc
import math
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor

from eegzoo.arguments import number_between

Kind = TypeVar("Kind", bound=type[Any])

# Classes by name, filled by `register_augmentation`.
AUGMENTATIONS: dict[str, type[Any]] = {}


class Augmentation(abc.ABC):
    """Base class of augmentations: random changes of single windows that keep labels valid.

    Subclasses are frozen dataclasses, so that instances can be printed, compared and pickled. They
    draw random numbers for each window of a batch from torch's default generator of the windows'
    device, so `torch.manual_seed` makes them reproducible.

    Attributes
    ----------
    name : str
        Name in the registry.

    Examples
    --------
    >>> import dataclasses
    >>> @dataclasses.dataclass(frozen=True)
    ... class TimeReversal(Augmentation):
    ...     name = "time_reversal"
    ...
    ...     def __call__(self, x, sfreq):
    ...         return x.flip(2)
    >>> TimeReversal()(torch.tensor([[[1.0, 2.0, 3.0]]]), sfreq=250.0)
    tensor([[[3., 2., 1.]]])
    """

    name: ClassVar[str]

    @abc.abstractmethod
    def __call__(self, x: Tensor, sfreq: float) -> Tensor:
        """Return augmented windows.

        Parameters
        ----------
        x : Tensor of float, shape (batch, n_chans, n_times)
            Windows; they are not changed.
        sfreq : float
            Sampling rate in Hz.

        Returns
        -------
        Tensor, shape (batch, n_chans, n_times)
            New windows of the same dtype on the same device.
        """


def register_augmentation(kind: Kind) -> Kind:
    """Add a class to the registry under its ``name``; use it as a decorator.

    Parameters
    ----------
    kind : type
        Class with a new ``name``. If a class is defined again, as when a notebook cell is run
        twice, it replaces its earlier definition.

    Returns
    -------
    type
        The same class.

    Raises
    ------
    ValueError
        If the name belongs to another class.

    Examples
    --------
    >>> from eegzoo.training.augmentation.amplitude import SignFlip
    >>> @register_augmentation
    ... class RareFlip(SignFlip):
    ...     prob = 0.01
    Traceback (most recent call last):
    ValueError: expected a new augmentation name, got 'sign_flip', which is SignFlip's
    """
    known = AUGMENTATIONS.setdefault(kind.name, kind)
    if (known.__module__, known.__qualname__) != (kind.__module__, kind.__qualname__):
        raise ValueError(
            f"expected a new augmentation name, got {kind.name!r}, which is {known.__name__}'s"
        )
    AUGMENTATIONS[kind.name] = kind
    return kind


def set_number(
    owner: object, field: str, low: float, high: float = math.inf, *, above: bool = False
) -> None:
    """Convert a field of a frozen dataclass to a float; raise an error if it is out of range.

    As a float, a number has the same repr whether it was given as 1, 1.0 or a NumPy scalar.
    """
    number = number_between(field, getattr(owner, field), low, high, above=above)
    object.__setattr__(owner, field, number)


def check_windows(x: Tensor, sfreq: float = 1.0, ndims: tuple[int, ...] = (3,)) -> None:
    """Raise an error if `x` is not a batch of windows, or `sfreq` is not positive.

    `ndims` are the numbers of axes that `x` may have.
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"expected x to be a tensor, got {type(x).__name__}")
    if x.ndim not in ndims or 0 in x.shape[1:] or not x.is_floating_point():
        raise ValueError(
            "expected x to be floats of shape (batch, n_chans, n_times), "
            f"got {x.dtype} of shape {tuple(x.shape)}"
        )
    number_between("sfreq", sfreq, 0.0, above=True)


def draw(x: Tensor, *shape: int) -> Tensor:
    """Return random numbers for each window: uniform in [0, 1), shape (batch, *shape).

    They are float32 for every dtype of `x`, so that a seed has the same effect for all dtypes.
    """
    return torch.rand(len(x), *shape, dtype=torch.float32, device=x.device)


def at_least_float32(x: Tensor) -> Tensor:
    """Return half-precision windows as float32, and other windows unchanged."""
    return x.to(torch.promote_types(x.dtype, torch.float32))
