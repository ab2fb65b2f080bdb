"""Bank of zero-phase band-pass filters."""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import Any

import lazy_loader
import torch
from torch import Tensor, nn

from eegzoo.arguments import number_between, one_of, positive_int
from eegzoo.layers.autocast import without_autocast
from eegzoo.layers.fronts.zero_phase import ZeroPhase, filter_bands, state_space, zero_phase
from eegzoo.torch_internals import evaluated_when_traced

scipy = lazy_loader.load("scipy")  # loaded when the first filter bank is designed


class FilterBank(nn.Module):
    """Bank of filters that split a signal into frequency bands without a delay.

    The bands are adjacent and `bandwidth` wide. They start at `bandwidth` Hz, or at 0 Hz with
    ``skip_first=False``, where the first band is a low-pass. Each filter runs forwards and
    backwards, so that its ripples count twice. The result is equal to `scipy.signal.sosfiltfilt`,
    edges included. The module has no parameters and no state. To compile it for windows of several
    lengths, use ``torch.compile(..., dynamic=False)``, since each length has its own filters.

    Parameters
    ----------
    sfreq : float
        Sampling rate in Hz.
    n_bands : int
        Number of bands.
    bandwidth : float
        Width of a band in Hz.
    filter_type : {"butter", "cheby1", "cheby2", "ellip"}
        Type of the filters. They have the lowest order that satisfies the ripples.
    stop_ripple : float
        Attenuation beyond the band and its tolerance in dB.
    pass_ripple : float
        Largest attenuation within the band in dB.
    tolerance : float
        Width of the transition on either side of a band in Hz.
    skip_first : bool
        Whether to leave out the band that starts at 0 Hz. There are `n_bands` bands in either case.

    Attributes
    ----------
    bands : tuple of tuple of float
        Lower and upper edge of each band in Hz.
    sos : tuple of ndarray, shape (n_sections, 6)
        Second-order sections of each band's filter in scipy's format.

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid, or the highest band with its tolerance does not end below half of
        `sfreq`.

    References
    ----------
    Mane et al. (2021), FBCNet: a multi-view convolutional neural network for brain-computer
    interface. https://doi.org/10.48550/arXiv.2104.01233

    Examples
    --------
    >>> bank = FilterBank(sfreq=250)
    >>> bank(torch.randn(16, 22, 1000)).shape
    torch.Size([16, 9, 22, 1000])
    >>> bank.bands[0], bank.bands[-1]
    ((4.0, 8.0), (36.0, 40.0))
    """

    def __init__(
        self,
        sfreq: float,
        n_bands: int = 9,
        bandwidth: float = 4.0,
        filter_type: str = "cheby2",
        stop_ripple: float = 30.0,
        pass_ripple: float = 3.0,
        tolerance: float = 2.0,
        skip_first: bool = True,
    ) -> None:
        super().__init__()
        self.sfreq = number_between("sfreq", sfreq, 0.0, above=True)
        n_bands = positive_int("n_bands", n_bands)
        bandwidth = number_between("bandwidth", bandwidth, 0.0, above=True)
        self.filter_type = one_of(
            "filter_type", filter_type, ("butter", "cheby1", "cheby2", "ellip")
        )
        pass_ripple = number_between("pass_ripple", pass_ripple, 0.0, above=True)
        stop_ripple = number_between("stop_ripple", stop_ripple, pass_ripple, above=True)
        tolerance = number_between("tolerance", tolerance, 0.0, above=True)
        if tolerance >= bandwidth:
            raise ValueError(
                f"expected tolerance to be below bandwidth={bandwidth}, got {tolerance}"
            )
        first = 1 if skip_first else 0
        edges = [bandwidth * (first + i) for i in range(n_bands + 1)]
        if edges[-1] + tolerance >= self.sfreq / 2:
            raise ValueError(
                f"expected the highest band with its tolerance to end below sfreq / 2 = "
                f"{self.sfreq / 2:g} Hz, got {edges[-1] + tolerance:g} Hz; use fewer n_bands"
            )
        self.bands = tuple(pairwise(edges))
        self.sos = tuple(
            _design(band, self.sfreq, self.filter_type, stop_ripple, pass_ripple, tolerance)
            for band in self.bands
        )
        # Not parameters or buffers, which a change of the module's dtype would round.
        self._groups = [
            (edge, state_space(torch.stack([torch.from_numpy(sos) for sos in group])))
            for (edge, _), group in groupby(self.sos, lambda sos: (_edge(sos), len(sos)))
        ]
        self._latest: tuple[object, list[ZeroPhase]] | None = None

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
        shortest = 1 + max(edge for edge, _ in self._groups)
        if not x.is_floating_point():
            raise TypeError(f"expected x to be of a floating type, got {x.dtype}")
        if x.ndim < 2 or x.shape[-1] < shortest:
            raise ValueError(
                f"expected x to be (batch, n_chans, n_times) with n_times of at least {shortest}, "
                f"got {tuple(x.shape)}"
            )
        exact = x.to(torch.promote_types(x.dtype, torch.float32))
        operators = self._operators(x.shape[-1], exact.dtype, exact.device)
        with without_autocast(x):
            bands = [filter_bands(operator, exact) for operator in operators]
        return torch.cat(bands, -3).to(x.dtype)

    @evaluated_when_traced
    def _operators(self, n_times: int, dtype: torch.dtype, device: torch.device) -> list[ZeroPhase]:
        """Return the filters for windows of a length, dtype and device; cache the last."""
        key = (n_times, dtype, device)
        if self._latest is None or self._latest[0] != key:
            # Tensors created in inference mode could not be used in training later, and a default
            # device such as "meta" is not where the filters are designed.
            with torch.inference_mode(False), torch.no_grad():
                operators = [
                    zero_phase(filters, edge, n_times).to(device, dtype)
                    for edge, filters in self._groups
                ]
            self._latest = (key, operators)
        return self._latest[1]

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without the cache, which copies and files do not need."""
        return {**self.__dict__, "_latest": None}

    def extra_repr(self) -> str:
        """Return the sampling rate, the bands and the filter type."""
        low, high = self.bands[0][0], self.bands[-1][1]
        return (
            f"sfreq={self.sfreq:g}, {len(self.bands)} bands from {low:g} to {high:g} Hz, "
            f"{self.filter_type}"
        )


def _design(
    band: tuple[float, float],
    sfreq: float,
    filter_type: str,
    stop_ripple: float,
    pass_ripple: float,
    tolerance: float,
) -> Any:
    """Return the second-order sections of lowest order that satisfy the ripples."""
    passed: Any = list(band)
    stopped: Any = [band[0] - tolerance, band[1] + tolerance]
    kind = "bandpass"
    if band[0] == 0:
        passed, stopped, kind = passed[1], stopped[1], "lowpass"
    signal = scipy.signal
    order_of = {
        "butter": signal.buttord,
        "cheby1": signal.cheb1ord,
        "cheby2": signal.cheb2ord,
        "ellip": signal.ellipord,
    }
    order, critical = order_of[filter_type](passed, stopped, pass_ripple, stop_ripple, fs=sfreq)
    return signal.iirfilter(
        order, critical, pass_ripple, stop_ripple, kind, ftype=filter_type, output="sos", fs=sfreq
    )


def _edge(sos: Any) -> int:
    """Return the number of samples that `scipy.signal.sosfiltfilt` adds at either end."""
    poles_and_zeros_at_origin = min((sos[:, 2] == 0).sum(), (sos[:, 5] == 0).sum())
    return int(3 * (2 * len(sos) + 1 - poles_and_zeros_at_origin))
