"""Device that a model computes on."""

from __future__ import annotations

import torch

from eegzoo.torch_internals import DEVICE_ERRORS


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
