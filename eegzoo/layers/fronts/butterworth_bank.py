"""Bank of Butterworth filters with bands of any width."""

from __future__ import annotations

from collections.abc import Iterable

import lazy_loader

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.fronts.zero_phase_bank import ZeroPhaseBank

scipy = lazy_loader.load("scipy")  # loaded when the first filter is designed


class ButterworthBank(ZeroPhaseBank):
    """Bank of Butterworth band-pass filters that run forwards and backwards.

    The result is equal to `scipy.signal.sosfiltfilt`, edges included: it has no delay, and the
    filters lose 6 dB at the edges of their bands. The module has no parameters and no state.

    Parameters
    ----------
    sfreq : float
        Sampling rate in Hz.
    bands : sequence of tuple of float
        Lower and upper edge of each band in Hz.
    order : int
        Order of the filters, in one direction, as in `scipy.signal.butter`.

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid, or a band does not end below half of `sfreq`.

    Examples
    --------
    >>> bank = ButterworthBank(sfreq=128, bands=((8, 13), (13, 30)))
    >>> bank(torch.randn(16, 19, 512)).shape
    torch.Size([16, 2, 19, 512])
    """

    def __init__(self, sfreq: float, bands: Iterable[tuple[float, float]], order: int = 4) -> None:
        sfreq = number_between("sfreq", sfreq, 0.0, above=True)
        checked = check_bands("bands", bands, sfreq)
        order = positive_int("order", order)
        super().__init__(
            [
                scipy.signal.butter(order, band, "bandpass", fs=sfreq, output="sos")
                for band in checked
            ]
        )
        self.sfreq, self.bands, self.order = sfreq, checked, order

    def extra_repr(self) -> str:
        """Return the sampling rate, the bands and the order."""
        bands = ", ".join(f"{low:g}-{high:g}" for low, high in self.bands)
        return f"sfreq={self.sfreq:g}, {bands} Hz, order={self.order}"


def check_bands(name: str, bands: object, sfreq: float) -> tuple[tuple[float, float], ...]:
    """Return bands as a tuple, or raise an error unless each lies between 0 Hz and `sfreq` / 2.

    Examples
    --------
    >>> check_bands("bands", [[8, 13]], sfreq=128)
    ((8.0, 13.0),)
    >>> check_bands("bands", [[30, 100]], sfreq=128)
    Traceback (most recent call last):
        ...
    ValueError: expected bands to be pairs (low, high) with 0 < low < high < sfreq / 2 = 64 Hz, ...
    """
    message = (
        f"expected {name} to be pairs (low, high) with 0 < low < high < sfreq / 2 = "
        f"{sfreq / 2:g} Hz, got {bands!r}"
    )
    if isinstance(bands, (str, bytes)) or not isinstance(bands, Iterable):
        raise TypeError(message)
    try:
        pairs = tuple((float(low), float(high)) for low, high in bands)
    except (TypeError, ValueError) as error:
        raise ValueError(message) from error
    if not pairs or not all(0 < low < high < sfreq / 2 for low, high in pairs):
        raise ValueError(message)
    return pairs
