"""Sleep staging of a signal while it arrives."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from torch import Tensor

from eegzoo.arguments import number_between, positive_int
from eegzoo.data.signal.amplitude import MICROVOLTS_PER_VOLT, check_amplitude
from eegzoo.sleep.stagers.classifier import ClassifierStager
from eegzoo.sleep.stagers.load_stager import load_stager
from eegzoo.sleep.stagers.stager import Stager
from eegzoo.sleep.streams.streaming_form import streaming_form


@dataclasses.dataclass(frozen=True)
class StagedWindow:
    """Stage of a window of 30 s.

    Parameters
    ----------
    index : int
        Number of the window, from 0.
    onset : float
        Start of the window in seconds from the first sample.
    probabilities : array, shape (5,)
        Probabilities of W, N1, N2, N3 and R.
    stage : str
        Most probable stage.

    Examples
    --------
    >>> staged = StagedWindow(3, 90.0, np.array([0.1, 0.1, 0.6, 0.1, 0.1]), "N2")
    >>> staged.onset, staged.stage
    (90.0, 'N2')
    """

    index: int
    onset: float
    probabilities: npt.NDArray[np.float64]
    stage: str


class SleepStream:
    """Stage sleep while a signal arrives, in constant memory.

    The results do not depend on the lengths of the chunks. Filters and resampling are those of the
    whole night, because a window waits for the samples that they reach. Then:

    - TinySleepNet and other classifiers that need no later windows are staged at once, their state
      carried on.
    - Chambon et al.'s network waits for 10 windows, and physioex's TinySleepNet for 20, until all
      sequences of a window are known.
    - RobustSleepNet waits for 20 windows. Its samples are clipped at the median quartiles of the
      last 21 windows instead of those of the night, and each window has one sequence, of the 21
      windows around it.
    - SeqSleepNet and SleepTransformer wait for 40 windows. Their spectra are standardised by all
      windows from the first to the twentieth after a window, instead of by those of the night.

    All but the last two give the probabilities of `Stager.probabilities` for the whole night.
    ``docs/sleep.md`` says how accurate the others are.

    Parameters
    ----------
    model : str | path-like | Stager
        Stager, or its name or file, as in `load_stager`.
    sfreq : float
        Sampling rate of the signal in Hz.
    n_chans : int | None
        Number of channels. None: as many as the networks were trained on, or one if they take any
        number.
    ch_names : sequence of str | None
        Names of the channels in place of their number; channels are then put in the order of the
        training.

    Attributes
    ----------
    delay_seconds : float
        Time from the end of a window until its stage is known.
    differences : tuple of str
        What is computed otherwise than for the whole night; empty if the results are the same.

    Raises
    ------
    ValueError
        If the networks need the whole night (the message says why, and what to do), or other
        channels.

    Warns
    -----
    SignalWarning
        If the amplitude of the first window looks like another unit than volts.

    Examples
    --------
    >>> from eegzoo.models.robustsleepnet import RobustSleepNet
    >>> from eegzoo.sleep.stagers.robustsleepnet import RobustSleepNetStager
    >>> network = RobustSleepNet(n_chans=1, n_times=1800, n_outputs=5, sfreq=60).eval()
    >>> stream = SleepStream(RobustSleepNetStager("mine", [network]), sfreq=100.0)
    >>> stream.push(np.zeros((1, 6000))), len(stream.finish())
    ([], 2)
    >>> round(stream.delay_seconds)
    631
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | Stager,
        *,
        sfreq: float,
        n_chans: int | None = None,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        self.stager = model if isinstance(model, Stager) else load_stager(model)
        self.sfreq = number_between("sfreq", sfreq, 0.0, above=True)
        self._order = None
        if ch_names is not None:
            if n_chans is not None and n_chans != len(ch_names):
                raise ValueError(f"expected {len(ch_names)} as n_chans or None, got {n_chans}")
            n_chans = len(ch_names)
            if isinstance(self.stager, ClassifierStager):
                self._order = self.stager.info.order_of(ch_names)
        self.n_chans = positive_int("n_chans", n_chans or self.stager.n_chans or 1)
        n_used = self.n_chans if self._order is None else len(self._order)
        if self.stager.n_chans not in (None, n_used):
            raise ValueError(
                f"expected {self.stager.n_chans} channels for {self.stager.name}, got {n_used}"
            )
        self._windows, self._network = streaming_form(self.stager, n_used, self.sfreq)
        seconds = self.stager.window_seconds
        self.delay_seconds = self._network.delay * seconds + self._windows.delay_seconds
        self.differences = self._network.differences
        self._n_staged = 0
        self._is_checked = False
        self._is_finished = False

    def push(self, chunk: npt.ArrayLike) -> list[StagedWindow]:
        """Add samples and return the windows whose stage is now known.

        Parameters
        ----------
        chunk : array, shape (n_chans, n_samples)
            The next samples in volts; any number of them.

        Returns
        -------
        list of StagedWindow
            Windows in the order of time.

        Raises
        ------
        ValueError
            If the shape is wrong, a sample is not finite, or the stream is finished.
        """
        if self._is_finished:
            raise ValueError("expected samples before finish, got some after it")
        data = np.asarray(chunk, np.float64)
        if data.ndim != 2 or len(data) != self.n_chans:
            raise ValueError(
                f"expected a chunk of shape (n_chans={self.n_chans}, n_samples), got {data.shape}"
            )
        if not np.isfinite(data).all():
            raise ValueError("expected a chunk of finite numbers, got NaN or infinity")
        if self._order is not None:
            data = data[self._order]
        return self._staged(self._windows.push(MICROVOLTS_PER_VOLT * data))

    def finish(self) -> list[StagedWindow]:
        """Return the windows that waited for later ones. No samples can be added afterwards."""
        if self._is_finished:
            return []
        self._is_finished = True
        found = self._staged(self._windows.finish())
        return found + list(map(self._next, self._network.finish()))

    def _staged(self, windows: list[Tensor]) -> list[StagedWindow]:
        if windows and not self._is_checked:
            self._is_checked = True
            first = windows[0]
            seconds = self.stager.window_seconds
            check_amplitude(first[None].numpy(), how="warn", sfreq=first.shape[1] / seconds)
        return [self._next(p) for window in windows for p in self._network.push(window)]

    def _next(self, probabilities: Tensor) -> StagedWindow:
        values = probabilities.numpy()
        onset = self._n_staged * self.stager.window_seconds
        stage = self.stager.stages[int(values.argmax())]
        staged = StagedWindow(self._n_staged, onset, values, stage)
        self._n_staged += 1
        return staged
