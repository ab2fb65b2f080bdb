"""Tensors that follow from a layer's arguments."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from eegzoo.torch_tracing import evaluated_when_traced


class FixedTensors(nn.Module):
    """Mixin for layers with tensors that follow from their arguments, in float64.

    They are neither parameters nor buffers: a change of the module's dtype does not round them, and
    a module on the meta device has them as well. In traced graphs they are constants.

    Examples
    --------
    >>> class Ramp(FixedTensors):
    ...     def compute_tensors(self):
    ...         return (torch.arange(3, dtype=torch.float64),)
    ...     def forward(self, x):
    ...         return x + self.tensors(x.dtype, x.device)[0]
    >>> Ramp()(torch.zeros(3)), list(Ramp().state_dict())
    (tensor([0., 1., 2.]), [])
    """

    _latest: tuple[object, tuple[Tensor, ...]] | None = None

    def compute_tensors(self) -> tuple[Tensor, ...]:
        """Return the tensors, in float64."""
        raise NotImplementedError

    @evaluated_when_traced
    def tensors(self, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, ...]:
        """Return the tensors in a dtype and on a device; cache the last."""
        key = (dtype, device)
        if self._latest is None or self._latest[0] != key:
            # Tensors created in inference mode could not be used in training later, and a default
            # device such as "meta" is not where they are computed.
            with torch.inference_mode(False), torch.no_grad(), torch.device("cpu"):
                self._latest = (
                    key,
                    tuple(tensor.to(device, dtype) for tensor in self.compute_tensors()),
                )
        return self._latest[1]

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without the cache, which copies and files do not need."""
        return {**self.__dict__, "_latest": None}
