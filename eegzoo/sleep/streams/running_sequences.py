"""Networks of sequences along a stream: the mean over the sequences that contain a window."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import torch
from torch import Tensor

from eegzoo.models.spectrogram_models import SpectrogramModel
from eegzoo.sleep.streams.running_network import RunningNetwork


class RunningSequences(RunningNetwork):
    """Mean over all sequences that contain a window, each computed when its last window arrives.

    Results are those of `mean_over_sequences` with a stride of one.

    Parameters
    ----------
    encode : callable
        Function from windows (1, n_chans, n_times) to what is known of each window.
    classify : callable
        Function from sequences (1, length, ...) to logits (1, length, n_outputs).
    length : int
        Number of windows in a sequence.
    """

    def __init__(
        self,
        encode: Callable[[Tensor], Tensor],
        classify: Callable[[Tensor], Tensor],
        length: int,
    ) -> None:
        self._encode, self._classify, self._length = encode, classify, length
        self.delay = length - 1
        self._windows: deque[Tensor] = deque(maxlen=length)
        # Of each window that waits for sequences: the sum of its probabilities, and their number.
        self._sums: deque[Tensor] = deque()
        self._counts: deque[int] = deque()

    def push(self, window: Tensor) -> list[Tensor]:
        """Add a window, and return the probabilities of the window that no later one changes."""
        with torch.inference_mode():
            return self.push_encoded(self._encode(window.unsqueeze(0))[0])

    def push_encoded(self, encoded: Tensor) -> list[Tensor]:
        """Add what is known of a window, and return the probabilities now known."""
        self._windows.append(encoded)
        self._counts.append(0)
        if len(self._windows) < self._length:
            return []
        self._add_sequence()
        return [self._next()]

    def finish(self) -> list[Tensor]:
        """Return the probabilities of the windows that waited; a short night is one sequence."""
        if self._windows and len(self._windows) < self._length:
            self._add_sequence()
        return [self._next() for _ in range(len(self._counts))]

    def _add_sequence(self) -> None:
        with torch.inference_mode():
            logits = self._classify(torch.stack(list(self._windows)).unsqueeze(0))[0]
            probabilities = logits.softmax(dim=-1).double()
        while len(self._sums) < len(probabilities):
            self._sums.append(torch.zeros_like(probabilities[0]))
        for place, row in enumerate(probabilities):
            self._sums[place] += row
            self._counts[place] += 1

    def _next(self) -> Tensor:
        return self._sums.popleft() / self._counts.popleft()


class RunningSpectra(RunningNetwork):
    """SeqSleepNet or SleepTransformer, standardised by the statistics of the windows so far.

    Each window is standardised, for each channel, frame and bin, by the mean and the standard
    deviation of all windows from the first to `around` windows after it.

    Parameters
    ----------
    network : SpectrogramModel
        Network in evaluation mode.
    length : int
        Number of windows in a sequence.
    around : int
        Number of windows after a window that its statistics include.
    """

    differences = ("spectra are standardised by the windows so far, not by those of the night",)

    def __init__(self, network: SpectrogramModel, length: int, around: int) -> None:
        self._network, self._around = network, around
        self._sequences = RunningSequences(
            network.window_features,
            lambda sequences: network.head(network.over_windows(sequences)),
            length,
        )
        self.delay = around + self._sequences.delay
        self._waiting: deque[Tensor] = deque()
        self._n_pushed = 0
        self._mean = self._squares = torch.zeros(())

    def push(self, window: Tensor) -> list[Tensor]:
        """Add a window, and return the probabilities of the window now staged."""
        with torch.inference_mode():
            spectrum = self._network.spectra(window.unsqueeze(0))
            self._n_pushed += 1
            # Welford's recursion loses no digits to cancellation.
            difference = spectrum.double() - self._mean
            self._mean = self._mean + difference / self._n_pushed
            self._squares = self._squares + difference * (spectrum.double() - self._mean)
            self._waiting.append(spectrum)
            return self._encoded() if len(self._waiting) > self._around else []

    def finish(self) -> list[Tensor]:
        """Return the probabilities of the last windows."""
        with torch.inference_mode():
            found = [each for _ in range(len(self._waiting)) for each in self._encoded()]
        return found + self._sequences.finish()

    def _encoded(self) -> list[Tensor]:
        """Pass the oldest window that waits on to the sequences."""
        std = (self._squares / max(self._n_pushed - 1, 1)).sqrt()
        std = torch.where(std > 0, std, 1.0)
        standardized = ((self._waiting.popleft() - self._mean) / std).float()
        return self._sequences.push_encoded(self._network.window_features(standardized)[0])
