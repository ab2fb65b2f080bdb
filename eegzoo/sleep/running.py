"""Networks that stage windows one after the other, with as few windows after them as they need."""

from __future__ import annotations

import abc
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eegzoo.models.base import EEGModel
from eegzoo.models.chambon2018 import Chambon2018
from eegzoo.models.robustsleepnet import RobustSleepNet
from eegzoo.models.sequence_models import RecurrentModel


class RunningNetwork(abc.ABC):
    """Network that is given one window after the other.

    Attributes
    ----------
    delay : int
        Number of windows after a window that arrive before its stage is known.
    """

    delay: int

    @abc.abstractmethod
    def push(self, window: Tensor) -> list[Tensor]:
        """Add a window (n_chans, n_times), and return the probabilities of windows now staged."""

    @abc.abstractmethod
    def finish(self) -> list[Tensor]:
        """Return the probabilities of the windows that waited for others."""


class RunningClassifier(RunningNetwork):
    """Network that needs no later windows: of single windows, or with a state that is carried on.

    Parameters
    ----------
    model : EEGModel
        Model in evaluation mode.
    prepare : callable
        Function that normalises windows (1, n_chans, n_times).
    members : sequence of sequence of bool
        Which of the model's outputs are each stage.
    """

    delay = 0

    def __init__(
        self,
        model: EEGModel,
        prepare: Callable[[Any], Any],
        members: Sequence[Sequence[bool]],
    ) -> None:
        self._model, self._prepare = model, prepare
        self._members = torch.tensor(members, dtype=torch.float64)
        self._state: Any = None

    def push(self, window: Tensor) -> list[Tensor]:
        """Add a window, and return its probabilities."""
        x = torch.as_tensor(self._prepare(window.unsqueeze(0).numpy()))
        with torch.inference_mode():
            if isinstance(self._model, RecurrentModel):
                logits, self._state = self._model(x, self._state, return_state=True)
            else:
                logits = self._model(x)
            return [self._members @ logits[0].softmax(dim=-1).double()]

    def finish(self) -> list[Tensor]:
        """Return nothing, because no window waits."""
        return []


class RunningContext(RunningNetwork):
    """Chambon et al.'s network: a window in the middle of others.

    Parameters
    ----------
    network : Chambon2018
        Network in evaluation mode.
    scale : float
        Amplitude by which windows are divided.
    """

    def __init__(self, network: Chambon2018, scale: float) -> None:
        self._network, self._scale = network, scale
        self.delay = network.context_length // 2
        self._features: deque[Tensor] = deque(maxlen=network.context_length)
        self._n_pushed = 0

    def push(self, window: Tensor) -> list[Tensor]:
        """Add a window, and return the probabilities of the window in the middle."""
        with torch.inference_mode():
            features = self._network.window_features(window.unsqueeze(0) / self._scale)[0]
        # Before the first window, it is repeated.
        self._features.extend([features] * (1 if self._n_pushed else self.delay + 1))
        self._n_pushed += 1
        return [self._middle()] if self._n_pushed > self.delay else []

    def finish(self) -> list[Tensor]:
        """Return the probabilities of the last windows; after the last one, it is repeated."""
        n_waiting, found = min(self.delay, self._n_pushed), []
        for missing in range(self.delay if n_waiting else 0):
            self._features.append(self._features[-1])
            # In a night shorter than the delay, the first windows come to the middle later.
            if missing >= self.delay - n_waiting:
                found.append(self._middle())
        return found

    def _middle(self) -> Tensor:
        with torch.inference_mode():
            context = torch.stack(list(self._features)).unsqueeze(0)
            features = self._network.over_windows(context)[0, self.delay]
            probabilities: Tensor = self._network.head(features).double().softmax(dim=-1)
        return probabilities


class RunningRobustSleepNet(RunningNetwork):
    """Mean of RobustSleepNets, with spectra standardised by the windows around each window.

    The statistics of a window are those of 21 windows around it, and its sequence is that of the 21
    windows around it; at the ends of the night, a sequence is shorter. Samples are clipped at the
    median quartiles of the last 21 windows.

    Parameters
    ----------
    networks : sequence of RobustSleepNet
        Networks in evaluation mode.
    length : int
        Odd number of windows for the statistics and for the sequences.
    """

    def __init__(self, networks: Sequence[RobustSleepNet], length: int = 21) -> None:
        if length % 2 == 0:
            raise ValueError(f"expected length to be odd, got {length}")
        self._networks, self._length, self._around = networks, length, length // 2
        self.delay = 2 * self._around
        self._quartiles: deque[Tensor] = deque(maxlen=length)
        # The spectra of the context of the next window, and the features of the next sequence.
        self._spectra: deque[Tensor] = deque(maxlen=length)
        self._features: deque[list[Tensor]] = deque(maxlen=length)
        self._n_pushed = self._n_encoded = self._n_staged = 0

    def push(self, window: Tensor) -> list[Tensor]:
        """Add a window, and return the probabilities of the windows now staged."""
        with torch.inference_mode():
            self._spectra.append(self._spectrum(window))
            self._n_pushed += 1
            if self._n_pushed < self._length:
                return []
            return self._staged(self._n_pushed - self._around, is_end=False)

    def finish(self) -> list[Tensor]:
        """Return the probabilities of the last windows."""
        with torch.inference_mode():
            return self._staged(self._n_pushed, is_end=True)

    def _spectrum(self, window: Tensor) -> Tensor:
        """Return the log power (n_chans, frames, bins) of a window in its own unit, clipped."""
        network = self._networks[0]
        # Quartiles of the window, and their medians over the last windows.
        quartiles = np.percentile(window.numpy(), [25, 50, 75], axis=1)
        self._quartiles.append(torch.from_numpy(quartiles.astype(np.float32)))
        recent = np.median(torch.stack(list(self._quartiles)).numpy(), axis=0)
        low, middle, high = torch.from_numpy(recent.astype(np.float32)).unsqueeze(-1)
        scale = torch.where(high > low, high - low, 1.0)
        spectrum = network.spectra(((window - middle) / scale).unsqueeze(0))[0]
        # Without the scale, which changes from window to window.
        return spectrum + 2 * scale.log10().unsqueeze(-1)

    def _staged(self, n_encodable: int, is_end: bool) -> list[Tensor]:
        """Encode the windows whose context is known; return those whose sequence is known."""
        found = []
        oldest = self._n_pushed - len(self._spectra)
        while self._n_encoded < n_encodable:
            context = torch.stack(list(self._spectra))
            place = self._n_encoded - oldest
            self._features.append(self._encode(context, place))
            self._n_encoded += 1
            if self._n_encoded > self._n_staged + self._around:
                found.append(self._classify())
        while is_end and self._n_staged < self._n_encoded:
            found.append(self._classify())
        return found

    def _encode(self, context: Tensor, place: int) -> list[Tensor]:
        """Return the features by each network of one window of its context."""
        std, mean = torch.std_mean(context.double(), dim=(0, 2), keepdim=True)
        standardized = ((context[place : place + 1] - mean) / (std + 1e-15)).float()
        return [network.window_features(standardized)[0] for network in self._networks]

    def _classify(self) -> Tensor:
        """Return the probabilities of the next window, in the middle of its sequence."""
        oldest = self._n_encoded - len(self._features)
        first = max(self._n_staged - self._around, 0)
        last = min(self._n_staged + self._around + 1, self._n_encoded)
        chosen = [self._features[place - oldest] for place in range(first, last)]
        total = torch.zeros(self._networks[0].n_outputs, dtype=torch.float64)
        for network, features in zip(self._networks, zip(*chosen, strict=True), strict=True):
            sequence = network.over_windows(torch.stack(features).unsqueeze(0))
            logits = network.head(sequence[0, self._n_staged - first])
            total += logits.softmax(dim=-1).double()
        self._n_staged += 1
        return total / len(self._networks)
