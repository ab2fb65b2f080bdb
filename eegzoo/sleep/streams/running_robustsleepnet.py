"""RobustSleepNet along a stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from eegzoo.models.robustsleepnet import RobustSleepNet
from eegzoo.sleep.stagers.empty_bins import without_empty_bins
from eegzoo.sleep.streams.running_network import RunningNetwork


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

    differences = (
        "samples are clipped at quartiles of the last windows, not of the night",
        "each window is staged in one sequence, of the windows around it",
    )

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
        network = self._networks[0]
        context = without_empty_bins(context, network.sfreq / network.frame_length)
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
