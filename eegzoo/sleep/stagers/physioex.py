"""Staging by physioex's networks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from scipy import signal as scipy_signal
from torch import Tensor

from eegzoo.arguments import number_between
from eegzoo.models.base import EEGModel
from eegzoo.models.chambon2018 import Chambon2018
from eegzoo.models.spectrogram_models import SpectrogramModel
from eegzoo.models.tinysleepnet import TinySleepNet
from eegzoo.sleep.stagers.sequences import mean_over_sequences
from eegzoo.sleep.stagers.signals import Array, cut_windows, mirrored
from eegzoo.sleep.stagers.stager import Stager

BAND = (0.3, 40.0)
# Microvolts, in place of the standard deviation of the training data, which is not published.
SCALE = 30.0
# The authors' filter has 101 samples, whatever the sampling rate.
FILTER_LENGTH = 101


class SpectrogramStager(Stager):
    """Staging by SeqSleepNet or SleepTransformer, averaged over the sequences of 21 windows.

    The spectra are standardised by their statistics in the recording, for each channel, frame and
    bin, because physioex did not publish those of its training data. So the unit and the gain of a
    recording have no influence.

    Parameters
    ----------
    name : str
        Name of the weights.
    network : SpectrogramModel
        Network in evaluation mode.
    length : int
        Number of windows in a sequence.
    """

    def __init__(self, name: str, network: SpectrogramModel, *, length: int = 21) -> None:
        super().__init__(name, network.n_chans)
        self.network = network
        self.length = length

    def _probabilities(self, signals: npt.NDArray[np.floating], sfreq: float, n: int) -> Array:
        network = self.network
        with torch.inference_mode():
            windows = filtered_windows(signals, sfreq, n, network)
            spectra = torch.cat([network.spectra(part) for part in torch.split(windows, 64)])
            std, mean = torch.std_mean(spectra, dim=0, correction=min(1, n - 1))
            # A bin that never changes, such as those of a flat channel, is zero.
            standardized = (spectra - mean) / torch.where(std > 0, std, 1.0)
            parts = [network.window_features(part) for part in torch.split(standardized, 120)]
            mean_probabilities = mean_over_sequences(
                lambda sequences: network.head(network.over_windows(sequences)),
                torch.cat(parts), self.length,
            )  # fmt: skip
        probabilities: Array = mean_probabilities.numpy()
        return probabilities


class TinySleepNetStager(Stager):
    """Staging by physioex's TinySleepNet, averaged over the sequences of 21 windows.

    Unlike its authors', physioex' network was trained on sequences that all begin without a state.

    Parameters
    ----------
    name : str
        Name of the weights.
    network : TinySleepNet
        Network in evaluation mode.
    scale : float
        Amplitude in microvolts by which signals are divided, as in `ChambonStager`.
    length : int
        Number of windows in a sequence.
    """

    def __init__(
        self, name: str, network: TinySleepNet, *, scale: float = SCALE, length: int = 21
    ) -> None:
        super().__init__(name, network.n_chans)
        self.network = network
        self.scale = number_between("scale", scale, 0.0, above=True)
        self.length = length

    def _probabilities(self, signals: npt.NDArray[np.floating], sfreq: float, n: int) -> Array:
        with torch.inference_mode():
            windows = filtered_windows(signals, sfreq, n, self.network)
            parts = [self.encode(part) for part in torch.split(windows, 64)]
            mean = mean_over_sequences(self.classify, torch.cat(parts), self.length, batch_size=64)
        probabilities: Array = mean.numpy()
        return probabilities

    def encode(self, windows: Tensor) -> Tensor:
        """Map windows (n_windows, n_chans, n_times) in microvolts to the input of the LSTM."""
        features: Tensor = self.network.window_features(windows / self.scale)
        return features

    def classify(self, sequences: Tensor) -> Tensor:
        """Map sequences (batch, length, ...) to logits (batch, length, n_outputs)."""
        logits: Tensor = self.network.head(self.network.over_windows(sequences, None, None)[0])
        return logits


class ChambonStager(Stager):
    """Staging by Chambon et al.'s network, each window in the middle of 21.

    Beyond the ends of a recording, its first and its last window are repeated.

    Parameters
    ----------
    name : str
        Name of the weights.
    network : Chambon2018
        Network in evaluation mode.
    scale : float
        Amplitude in microvolts by which signals are divided, in place of the standard deviation of
        the training data, which physioex did not publish.
    """

    def __init__(self, name: str, network: Chambon2018, *, scale: float = SCALE) -> None:
        super().__init__(name, network.n_chans)
        self.network = network
        self.scale = number_between("scale", scale, 0.0, above=True)

    def _probabilities(self, signals: npt.NDArray[np.floating], sfreq: float, n: int) -> Array:
        network = self.network
        with torch.inference_mode():
            windows = filtered_windows(signals, sfreq, n, network) / self.scale
            features = torch.cat(
                [network.window_features(part) for part in torch.split(windows, 64)]
            )
            around = network.context_length // 2
            places = torch.arange(-around, n + around).clamp(0, n - 1)
            contexts = network.over_windows(features[places].unsqueeze(0))[0, around : around + n]
            probabilities: Array = network.head(contexts).double().softmax(dim=-1).numpy()
        return probabilities


def filtered_windows(
    signals: npt.NDArray[np.floating],
    sfreq: float,
    n_windows: int,
    network: EEGModel,
) -> Tensor:
    """Return windows in microvolts, filtered as physioex does.

    Parameters
    ----------
    signals : array, shape (n_chans, n_samples)
        Channels in volts.
    sfreq : float
        Sampling rate in Hz.
    n_windows : int
        Number of complete windows.
    network : EEGModel
        Network that takes them.

    Returns
    -------
    Tensor of float32, shape (n_windows, n_chans, n_times)
        Windows at the sampling rate of the network.
    """
    channels = []
    for channel in signals:
        filtered = bandpass_with_taps(1e6 * np.asarray(channel, np.float64), sfreq)
        channels.append(cut_windows(filtered, sfreq, network.sfreq, n_windows, network.n_times))
    return torch.stack(channels, dim=1)


def bandpass_taps(sfreq: float) -> Array:
    """Return the symmetric filter that physioex's FIR filter is, run forwards and backwards.

    A recording whose Nyquist frequency is at most 40 Hz is high-pass filtered alone.

    Parameters
    ----------
    sfreq : float
        Sampling rate in Hz.

    Returns
    -------
    array, shape (201,)
        Coefficients.
    """
    low, high = BAND
    edges = low if sfreq <= 2 * high else (low, high)
    taps = scipy_signal.firwin(FILTER_LENGTH, edges, pass_zero=False, fs=sfreq)
    twice: Array = np.convolve(taps, taps)
    return twice


def bandpass_with_taps(x: Array, sfreq: float) -> Array:
    """Filter a signal by physioex's filter, with the signal mirrored at its ends."""
    taps = bandpass_taps(sfreq)
    half = len(taps) // 2
    filtered: Array = scipy_signal.oaconvolve(mirrored(x, half), taps, mode="valid")
    return filtered
