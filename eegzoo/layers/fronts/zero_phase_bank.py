"""Zero-phase filters of several bands as a module."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn

from eegzoo.layers.autocast import without_autocast
from eegzoo.layers.eager import is_eager_on_cpu, is_traced
from eegzoo.layers.fronts.zero_phase import (
    ZeroPhase,
    filter_bands,
    filter_bands_into,
    state_space,
    zero_phase,
)
from eegzoo.torch_internals import is_transformed
from eegzoo.torch_tracing import evaluated_when_traced, is_observed

# Number of values of windows whose spectra stay in the caches from one operation to the next.
_VALUES = 100_000


class ZeroPhaseBank(nn.Module):
    """Base class of banks of filters that run forwards and backwards.

    The result is equal to `scipy.signal.sosfiltfilt`, edges included. A bank has no parameters and
    no state.

    Parameters
    ----------
    sos : sequence of ndarray, each of shape (n_sections, 6)
        Second-order sections of each band's filter in scipy's format.

    Examples
    --------
    >>> import scipy.signal
    >>> bank = ZeroPhaseBank([scipy.signal.butter(4, 20, "low", fs=250, output="sos")])
    >>> bank(torch.randn(16, 22, 1000)).shape
    torch.Size([16, 1, 22, 1000])
    """

    def __init__(self, sos: Sequence[Any]) -> None:
        super().__init__()
        self.sos = tuple(sos)
        # Not parameters or buffers, which a change of the module's dtype would round.
        self._groups = [
            (edge, state_space(torch.stack([torch.from_numpy(sos) for sos in group])))
            for (edge, _), group in groupby(self.sos, lambda sos: (edge_length(sos), len(sos)))
        ]
        self._latest: tuple[object, list[ZeroPhase]] | None = None

    @property
    def shortest(self) -> int:
        """Number of samples that a signal must have."""
        return 1 + max(edge for edge, _ in self._groups)

    def forward(self, x: Tensor) -> Tensor:
        """Split signals into bands.

        Parameters
        ----------
        x : Tensor, shape (batch, n_chans, n_times)
            Signals in any unit.

        Returns
        -------
        Tensor, shape (batch, n_bands, n_chans, n_times)
            Filtered signals in the dtype of `x`. They are computed in at least float32.
        """
        if not x.is_floating_point():
            raise TypeError(f"expected x to be of a floating type, got {x.dtype}")
        if x.ndim < 2 or x.shape[-1] < self.shortest:
            raise ValueError(
                "expected x to be (batch, n_chans, n_times) with n_times of at least "
                f"{self.shortest}, got {tuple(x.shape)}"
            )
        if x.shape[0] == 0:  # torch.fft does not accept empty batches
            return x.new_empty(0, len(self.sos), *x.shape[1:])
        exact = x.to(torch.promote_types(x.dtype, torch.float32))
        exported = torch.compiler.is_compiling() or (is_traced() and not is_transformed())
        operators = self._operators(x.shape[-1], exact.dtype, exact.device, exported)
        with without_autocast(x):
            if not exported and _is_only_filtered(exact):
                return self._filtered(operators, exact).to(x.dtype)
            bands = [filter_bands(operator, exact) for operator in operators]
        return torch.cat(bands, -3).to(x.dtype)

    def _filtered(self, operators: list[ZeroPhase], x: Tensor) -> Tensor:
        """Filter a few windows at a time."""
        bands = x.new_empty(len(x), len(self.sos), *x.shape[1:])
        n_windows = max(1, _VALUES // x[0].numel())
        for part, out in zip(torch.split(x, n_windows), torch.split(bands, n_windows), strict=True):
            start = 0
            for operator in operators:
                n_bands = len(operator.gain)
                filter_bands_into(operator, part, out[:, start : start + n_bands])
                start += n_bands
        return bands

    @evaluated_when_traced
    def _operators(
        self, n_times: int, dtype: torch.dtype, device: torch.device, exported: bool
    ) -> list[ZeroPhase]:
        """Return the filters for windows of a length, dtype and device; cache the last."""
        key = (n_times, dtype, device)
        if not exported and self._latest is not None and self._latest[0] == key:
            return self._latest[1]
        # Tensors created in inference mode could not be used in training later, and a default
        # device such as "meta" is not where the filters are designed.
        with torch.inference_mode(False), torch.no_grad():
            operators = [
                zero_phase(filters, edge, n_times, power_of_two=exported).to(device, dtype)
                for edge, filters in self._groups
            ]
        if not exported:  # an exported graph has its own constants
            self._latest = (key, operators)
        return operators

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without the cache, which copies and files do not need."""
        return {**self.__dict__, "_latest": None}


def _is_only_filtered(x: Tensor) -> bool:
    """Return whether no gradient to signals (batch, n_chans, n_times) is recorded, on a CPU."""
    recorded = torch.is_grad_enabled() and x.requires_grad
    return x.ndim == 3 and is_eager_on_cpu(x) and not (recorded or is_observed())


def edge_length(sos: Any) -> int:
    """Return the number of samples that `scipy.signal.sosfiltfilt` adds at either end."""
    poles_and_zeros_at_origin = min((sos[:, 2] == 0).sum(), (sos[:, 5] == 0).sum())
    return int(3 * (2 * len(sos) + 1 - poles_and_zeros_at_origin))
