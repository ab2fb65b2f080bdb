"""Chambon et al.'s network along a stream."""

from __future__ import annotations

from collections import deque

import torch
from torch import Tensor

from eegzoo.models.chambon2018 import Chambon2018
from eegzoo.sleep.streams.running_network import RunningNetwork


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
