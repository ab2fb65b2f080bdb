"""Models that look at the windows of a recording in sequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from eegzoo.models.base import EEGModel


class SequenceModel(EEGModel):
    """Base of models that take single windows or sequences of consecutive ones.

    A single window is a sequence of one. A subclass maps sequences to features.
    """

    def as_sequences(self, x: Tensor) -> Tensor:
        """Return windows as (batch, n_windows, n_chans, n_times), or raise if they are neither."""
        sequences = x.unsqueeze(1) if x.ndim == 3 else x
        if sequences.ndim != 4:
            raise ValueError(
                f"expected x of shape (batch, n_chans={self.n_chans}, n_times={self.n_times}) or "
                f"(batch, n_windows, n_chans, n_times), got {tuple(x.shape)}"
            )
        self.check_windows(sequences.flatten(0, 1))
        return sequences


class RecurrentModel(SequenceModel):
    """Base of models with a recurrent network over the features of windows.

    A subclass defines `window_features` and `over_windows`.
    """

    def forward(  # type: ignore[override]
        self,
        x: Tensor,
        state: Any = None,
        lengths: Tensor | None = None,
        return_state: bool = False,
    ) -> Tensor | tuple[Tensor, Any]:
        """Map windows, or sequences of windows, to logits.

        Parameters
        ----------
        x : Tensor, shape (batch, n_chans, n_times) or (batch, n_windows, n_chans, n_times)
            One window for each recording, or consecutive ones, in microvolts.
        state : tuple | None
            What an earlier call returned for the windows just before. None: the night begins.
        lengths : Tensor of int, shape (batch,) | None
            Windows that count in each sequence; the rest is padding.
        return_state : bool
            Also return the state after the last window that counts.

        Returns
        -------
        logits : Tensor, shape (batch, n_outputs) or (batch, n_windows, n_outputs)
            One for each stage.
        state : tuple
            Of the recurrent network, with `return_state`.
        """
        features, state = self._features_and_state(x, state, lengths)
        logits: Tensor = self.head(features)
        return (logits, state) if return_state else logits

    def features(self, x: Tensor) -> Tensor:
        """Map windows, or sequences of windows, to the features of each in its sequence."""
        return self._features_and_state(x, None, None)[0]

    def window_features(self, x: Tensor) -> Tensor:
        """Map windows (windows, n_chans, n_times) to the features of each on its own."""
        raise NotImplementedError

    def over_windows(
        self, features: Tensor, state: Any, lengths: Tensor | None
    ) -> tuple[Tensor, Any]:
        """Map features (batch, n_windows, ...) to those in the sequence, and the new state."""
        raise NotImplementedError

    def of_present(
        self,
        function: Callable[[Tensor], Tensor],
        windows: Tensor,
        lengths: Tensor | None,
        n_windows: int,
    ) -> Tensor:
        """Return a function of windows (batch * n_windows, ...), in training without padding.

        Otherwise padding would have a part in the statistics of batch normalisation.
        """
        if lengths is None or not self.training:
            return function(windows)
        places = torch.arange(n_windows, device=windows.device)
        present = (places < lengths.unsqueeze(1)).flatten().nonzero().squeeze(1)
        known = function(windows[present])
        return known.new_zeros(len(windows), known.shape[-1]).index_put((present,), known)

    def _features_and_state(
        self, x: Tensor, state: Any, lengths: Tensor | None
    ) -> tuple[Tensor, Any]:
        sequences = self.as_sequences(x)
        features = self.of_present(
            self.window_features, sequences.flatten(0, 1), lengths, sequences.shape[1]
        )
        # Its length is written out: that of no windows cannot be inferred.
        features = features.reshape(*sequences.shape[:2], features.shape[-1])
        out, state = self.over_windows(features, state, lengths)
        return (out.squeeze(1) if x.ndim == 3 else out), state
