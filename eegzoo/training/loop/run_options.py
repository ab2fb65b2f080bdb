"""Where and how a training computes."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

import torch

from eegzoo.torch_internals import DEVICE_ERRORS


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """Where and how a training computes, and what it shows: arguments of the estimators.

    Parameters
    ----------
    device, precision, compile, verbose, callbacks, checkpoint, checkpoint_every
        As in `EEGClassifier`, but the device is not "auto".
    """

    device: str
    precision: str
    compile: bool
    verbose: int
    callbacks: Sequence[Any]
    checkpoint: str | os.PathLike[str] | None = None
    checkpoint_every: int | None = None


def resolve_device(device: str) -> str:
    """Return the name of the device; "auto" is the GPU if there is one, and otherwise the CPU."""
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def check_device(device: str) -> None:
    """Raise an error, with torch's reason, if torch cannot compute on the device."""
    try:
        torch.zeros(1, device=resolve_device(device)).item()  # "meta" has no numbers
    except DEVICE_ERRORS as error:
        raise ValueError(f"cannot compute on device {device!r}: {error}") from error
