"""What every augmentation keeps to, and the registry of them."""

from __future__ import annotations

import abc
import math
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor

from eegzoo.arguments import number_between

Kind = TypeVar("Kind", bound=type[Any])

# Classes by name. `register_augmentation` fills it.
AUGMENTATIONS: dict[str, type[Any]] = {}


class Augmentation(abc.ABC):
    """A random map of windows, each on its own, that leaves their labels true.

    Subclasses are frozen dataclasses, so that they print, compare and pickle by their arguments.
    What they draw, they draw for each window of a batch, with torch's generator of the windows'
    device: `torch.manual_seed` makes it repeatable.

    Attributes
    ----------
    name : str
        Its name in the registry.

    Examples
    --------
    >>> import dataclasses
    >>> @dataclasses.dataclass(frozen=True)
    ... class Backwards(Augmentation):
    ...     name = "backwards"
    ...
    ...     def __call__(self, x, sfreq):
    ...         return x.flip(2)
    >>> Backwards()(torch.tensor([[[1.0, 2.0, 3.0]]]), sfreq=250.0)
    tensor([[[3., 2., 1.]]])
    """

    name: ClassVar[str]

    @abc.abstractmethod
    def __call__(self, x: Tensor, sfreq: float) -> Tensor:
        """Return augmented windows.

        Parameters
        ----------
        x : Tensor of float, shape (batch, n_chans, n_times)
            Windows, which stay as they are.
        sfreq : float
            Sampling rate in Hz.

        Returns
        -------
        Tensor, shape (batch, n_chans, n_times)
            New windows of the same type, on the same device.
        """


def register_augmentation(kind: Kind) -> Kind:
    """Put a class in the registry under its ``name``; a decorator.

    Parameters
    ----------
    kind : type
        A class whose ``name`` is new. One that is defined again, as when a cell of a notebook
        runs a second time, takes the place of its former self.

    Returns
    -------
    type
        The class.

    Raises
    ------
    ValueError
        If another class has the name.

    Examples
    --------
    >>> from eegzoo.training.augmentation.augmentations import SignFlip, register_augmentation
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
    """Make a field of a frozen dataclass a float in [low, high], or raise.

    As a float it prints alike whether it came as 1, 1.0 or NumPy's.
    """
    number = number_between(field, getattr(owner, field), low, high, above=above)
    object.__setattr__(owner, field, number)


def check_windows(x: Tensor, sfreq: float = 1.0, ndims: tuple[int, ...] = (3,)) -> None:
    """Raise if `x` is no batch of windows (of `ndims` axes), or `sfreq` no sampling rate."""
    if not isinstance(x, Tensor):
        raise TypeError(f"expected x to be a tensor, got {type(x).__name__}")
    if x.ndim not in ndims or 0 in x.shape[1:] or not x.is_floating_point():
        raise ValueError(
            "expected x to be floats of shape (batch, n_chans, n_times), "
            f"got {x.dtype} of shape {tuple(x.shape)}"
        )
    number_between("sfreq", sfreq, 0.0, above=True)


def draw(x: Tensor, *shape: int) -> Tensor:
    """Return uniform numbers in [0, 1) for each window: float32, (batch, *shape).

    They are float32 for any type of `x`, so that a seed means the same for all types.
    """
    return torch.rand(len(x), *shape, dtype=torch.float32, device=x.device)


def at_least_float32(x: Tensor) -> Tensor:
    """Return `x`, in float32 if it is a half."""
    return x.to(torch.promote_types(x.dtype, torch.float32))
