"""The signal processing and the network of a stream, for each kind of stager."""

from __future__ import annotations

from eegzoo.models.base import EEGModel
from eegzoo.sleep.stagers.classifier import ClassifierStager
from eegzoo.sleep.stagers.physioex import ChambonStager, SpectrogramStager, TinySleepNetStager
from eegzoo.sleep.stagers.robustsleepnet import RobustSleepNetStager
from eegzoo.sleep.stagers.stager import Stager
from eegzoo.sleep.streams.running_classifier import RunningClassifier
from eegzoo.sleep.streams.running_context import RunningContext
from eegzoo.sleep.streams.running_network import RunningNetwork
from eegzoo.sleep.streams.running_robustsleepnet import RunningRobustSleepNet
from eegzoo.sleep.streams.running_sequences import RunningSequences, RunningSpectra
from eegzoo.sleep.streams.running_windows import RunningWindows, SegmentProcessing
from eegzoo.sleep.streams.segment_processing import (
    classifier_processing,
    physioex_processing,
    robustsleepnet_processing,
)

# Windows after a window whose spectra take part in its statistics (SeqSleepNet, SleepTransformer).
AROUND = 20


def streaming_form(
    stager: Stager, n_chans: int, sfreq: float
) -> tuple[RunningWindows, RunningNetwork]:
    """Return what cuts windows of a stream of microvolts, and what stages them.

    Parameters
    ----------
    stager : Stager
        Stager of whole nights.
    n_chans : int
        Number of channels.
    sfreq : float
        Sampling rate of the stream in Hz.

    Raises
    ------
    ValueError
        If the stager needs the whole night.
    """
    if isinstance(stager, ClassifierStager):
        running = RunningClassifier(stager)
        processing = classifier_processing(stager, sfreq)
        info = stager.info
        return RunningWindows(n_chans, sfreq, info.sfreq, info.n_times, processing), running
    network: EEGModel
    if isinstance(stager, RobustSleepNetStager):
        network = stager.networks[0]
        processing = robustsleepnet_processing(sfreq, network.sfreq)
        return _windows(n_chans, sfreq, network, processing), RunningRobustSleepNet(stager.networks)
    if not isinstance(stager, (ChambonStager, SpectrogramStager, TinySleepNetStager)):
        raise ValueError(
            f"expected a stager of a network of eegzoo, got {stager!r}, of which it is not known "
            "how many windows it needs; stage the night once it is recorded (eegzoo stage)"
        )
    network = stager.network
    windows = _windows(n_chans, sfreq, network, physioex_processing(sfreq, network.sfreq))
    if isinstance(stager, ChambonStager):
        return windows, RunningContext(stager.network, stager.scale)
    if isinstance(stager, SpectrogramStager):
        return windows, RunningSpectra(stager.network, stager.length, AROUND)
    return windows, RunningSequences(stager.encode, stager.classify, stager.length)


def _windows(
    n_chans: int, sfreq: float, network: EEGModel, processing: SegmentProcessing
) -> RunningWindows:
    return RunningWindows(n_chans, sfreq, network.sfreq, network.n_times, processing)
