"""Bank of zero-phase band-pass filters."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import lazy_loader

from eegzoo.arguments import number_between, one_of, positive_int
from eegzoo.layers.fronts.zero_phase_bank import ZeroPhaseBank

scipy = lazy_loader.load("scipy")  # loaded when the first filter bank is designed


class FilterBank(ZeroPhaseBank):
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
        sfreq = number_between("sfreq", sfreq, 0.0, above=True)
        n_bands = positive_int("n_bands", n_bands)
        bandwidth = number_between("bandwidth", bandwidth, 0.0, above=True)
        filter_type = one_of("filter_type", filter_type, ("butter", "cheby1", "cheby2", "ellip"))
        pass_ripple = number_between("pass_ripple", pass_ripple, 0.0, above=True)
        stop_ripple = number_between("stop_ripple", stop_ripple, pass_ripple, above=True)
        tolerance = number_between("tolerance", tolerance, 0.0, above=True)
        if tolerance >= bandwidth:
            raise ValueError(
                f"expected tolerance to be below bandwidth={bandwidth}, got {tolerance}"
            )
        first = 1 if skip_first else 0
        edges = [bandwidth * (first + i) for i in range(n_bands + 1)]
        if edges[-1] + tolerance >= sfreq / 2:
            raise ValueError(
                f"expected the highest band with its tolerance to end below sfreq / 2 = "
                f"{sfreq / 2:g} Hz, got {edges[-1] + tolerance:g} Hz; use fewer n_bands"
            )
        bands = tuple(pairwise(edges))
        super().__init__(
            [
                _design(band, sfreq, filter_type, stop_ripple, pass_ripple, tolerance)
                for band in bands
            ]
        )
        self.sfreq, self.filter_type, self.bands = sfreq, filter_type, bands

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
