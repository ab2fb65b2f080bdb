"""Difference between the clock of an LSL sender and the one of this machine."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

# Time between two estimates.
_EVERY_SECONDS = 2.0
# Time for which one estimate may take; a sender that is gone gives none.
_PATIENCE_SECONDS = 2.0


class ClockOffset:
    """Estimates of an LSL clock's offset, which a thread of their own renews.

    liblsl can correct time stamps while samples are pulled ("clocksync"), but the first samples of
    a sender that has started again then wait for two seconds, for a new estimate. Here they get the
    last known offset.

    Parameters
    ----------
    inlet : mne_lsl.lsl.StreamInlet
        Inlet of the sender, which nothing else uses, because it waits.
    timeout_seconds : float
        Time for which the first estimate is waited for.

    Attributes
    ----------
    seconds : float
        Number to add to a time stamp of the sender.

    Raises
    ------
    TimeoutError
        If there is no first estimate.
    """

    def __init__(self, inlet: Any, timeout_seconds: float) -> None:
        self._inlet = inlet
        self.seconds = float(inlet.time_correction(timeout=timeout_seconds))
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the estimates."""
        self._is_over.set()
        self._thread.join(timeout=2 * _PATIENCE_SECONDS)

    def _renew(self) -> None:
        while not self._is_over.wait(_EVERY_SECONDS):
            # The offset stays what it was while a sender is gone.
            with contextlib.suppress(RuntimeError, TimeoutError):
                self.seconds = float(self._inlet.time_correction(timeout=_PATIENCE_SECONDS))
