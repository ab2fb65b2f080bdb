"""Sleep staging of a signal while it arrives."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from torch import Tensor

from eegzoo.arguments import number_between, positive_int
from eegzoo.data.preprocessing.filter_steps import Resample
from eegzoo.data.preprocessing.window_steps import WindowStep
from eegzoo.models.sequence_models import needs_later_windows
from eegzoo.sleep.causal_windows import CausalWindows
from eegzoo.sleep.running import (
    RunningClassifier,
    RunningContext,
    RunningNetwork,
    RunningRobustSleepNet,
)
from eegzoo.sleep.stagers.classifier import ClassifierStager
from eegzoo.sleep.stagers.load_stager import load_stager
from eegzoo.sleep.stagers.physioex import ChambonStager, bandpass_taps
from eegzoo.sleep.stagers.robustsleepnet import BAND, ORDER, RobustSleepNetStager
from eegzoo.sleep.stagers.signals import butterworth_sos
from eegzoo.sleep.stagers.stager import Stager


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

    The results do not depend on the lengths of the chunks. A network that needs no later windows,
    such as TinySleepNet, whose state is carried through the night, gives those of
    `Stager.probabilities` for the whole night, if its preprocessing resamples and nothing else.
    Other networks wait for the windows after a window, and their stream differs from their stager
    in what needs the whole night:

    - RobustSleepNet: the filter runs forwards only; samples are clipped at the median quartiles of
      the last 21 windows instead of those of the night; each window has one sequence, of the 21
      windows around it. On the 480 windows of DREAMS the seven networks have accuracy .746 and
      kappa .557, instead of .771 and .594 (a third of these windows are near an end).
    - Chambon et al.'s network: nothing, because its filter is finite.

    SeqSleepNet standardises by the statistics of the night, so it has no stream.

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

    Raises
    ------
    ValueError
        If the networks need the whole night, or other channels.

    Examples
    --------
    >>> from eegzoo.models.robustsleepnet import RobustSleepNet
    >>> from eegzoo.sleep.stagers.robustsleepnet import RobustSleepNetStager
    >>> network = RobustSleepNet(n_chans=1, n_times=1800, n_outputs=5, sfreq=60).eval()
    >>> stream = SleepStream(RobustSleepNetStager("mine", [network]), sfreq=100.0)
    >>> stream.push(np.zeros((1, 6000))), len(stream.finish())
    ([], 2)
    >>> round(stream.delay_seconds, 1)
    600.2
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
        self._windows, self._network = _streaming_form(self.stager, n_used, self.sfreq)
        seconds = self.stager.window_seconds
        self.delay_seconds = self._network.delay * seconds + self._windows.delay_seconds
        self._n_staged = 0
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
        return self._staged(self._windows.push(1e6 * data))

    def finish(self) -> list[StagedWindow]:
        """Return the windows that waited for later ones. No samples can be added afterwards."""
        if self._is_finished:
            return []
        self._is_finished = True
        found = self._staged(self._windows.finish())
        return found + list(map(self._next, self._network.finish()))

    def _staged(self, windows: list[Tensor]) -> list[StagedWindow]:
        return [self._next(p) for window in windows for p in self._network.push(window)]

    def _next(self, probabilities: Tensor) -> StagedWindow:
        values = probabilities.numpy()
        onset = self._n_staged * self.stager.window_seconds
        stage = self.stager.stages[int(values.argmax())]
        staged = StagedWindow(self._n_staged, onset, values, stage)
        self._n_staged += 1
        return staged


def _streaming_form(
    stager: Stager, n_chans: int, sfreq: float
) -> tuple[CausalWindows, RunningNetwork]:
    """Return the signal processing, of microvolts, and the network of a stream."""
    if isinstance(stager, RobustSleepNetStager):
        first = stager.networks[0]
        sos = butterworth_sos(sfreq, *BAND, ORDER)
        windows = CausalWindows(n_chans, sfreq, first.sfreq, first.n_times, sos=sos)
        return windows, RunningRobustSleepNet(stager.networks)
    if isinstance(stager, ChambonStager):
        network = stager.network
        taps = bandpass_taps(sfreq)
        windows = CausalWindows(n_chans, sfreq, network.sfreq, network.n_times, taps=taps)
        return windows, RunningContext(network, stager.scale)
    if isinstance(stager, ClassifierStager):
        return _classifier_form(stager, n_chans, sfreq)
    raise ValueError(
        f"expected a network that needs no statistics of the whole night, got {stager.name}"
    )


def _classifier_form(
    stager: ClassifierStager, n_chans: int, sfreq: float
) -> tuple[CausalWindows, RunningNetwork]:
    classifier = stager.classifier
    model = classifier.model_
    if needs_later_windows(model):
        raise ValueError(
            f"expected a network that needs no later windows, got {type(model).__name__} "
            f"({stager.name})"
        )
    for step in stager.preprocessing.steps:
        if not isinstance(step, (Resample, WindowStep)):
            raise ValueError(
                f"expected a preprocessing that only resamples in a stream, got the {step.name} "
                f"step of {stager.name}: its filters need the samples of the whole recording"
            )
    windows = CausalWindows(n_chans, sfreq, stager.info.sfreq, stager.info.n_times)
    transform = classifier.normalizer_.transform
    return windows, RunningClassifier(model, transform, stager.members)
