"""Base classes of models that process consecutive windows of a recording."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from eegzoo.layers.attention.multi_head import twice_differentiable_attention
from eegzoo.layers.recurrent.bidirectional import BidirectionalRNN
from eegzoo.layers.recurrent.peephole_lstm import PeepholeLSTM
from eegzoo.models.base import EEGModel
from eegzoo.torch_internals import BatchNormBase


class SequenceModel(EEGModel):
    """Base class of models that take single windows or sequences of consecutive windows.

    A single window is a sequence of length one. Subclasses map sequences to features. Their
    ``forward`` takes ``lengths``, the number of windows in each sequence before the padding.
    Padding has no influence: the outputs of the other windows equal those of the sequence without
    padding, and batch normalisation computes its statistics without padding.
    """

    def as_sequences(self, x: Tensor) -> Tensor:
        """Return windows or sequences as (batch, n_windows, n_chans, n_times), and check them."""
        sequences = x.unsqueeze(1) if x.ndim == 3 else x
        if sequences.ndim != 4:
            raise ValueError(
                f"expected x of shape (batch, n_chans={self.n_chans}, n_times={self.n_times}) or "
                f"(batch, n_windows, n_chans, n_times), got {tuple(x.shape)}"
            )
        self.check_windows(sequences.flatten(0, 1))
        return sequences

    def check_input(self, x: Tensor) -> None:
        """Raise an error unless `x` holds windows or sequences of windows."""
        self.as_sequences(x)

    def check_lengths(self, sequences: Tensor, lengths: Tensor) -> None:
        """Raise an error unless there is one length for each sequence."""
        if lengths.shape != sequences.shape[:1]:
            raise ValueError(
                f"expected lengths of shape {tuple(sequences.shape[:1])}, "
                f"got {tuple(lengths.shape)}"
            )

    def without_padding(self, sequences: Tensor, lengths: Tensor | None) -> Tensor:
        """Return sequences with zeros as padding, after checking the lengths.

        Padding that is not finite would make gradients NaN.
        """
        if lengths is None:
            return sequences
        self.check_lengths(sequences, lengths)
        real = is_real(lengths, sequences.shape[1])[..., None, None]
        return torch.where(real, sequences, 0.0)


class ContextModel(SequenceModel):
    """Base class of models that see each window among those around it, without a state."""

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map windows or sequences of windows to logits.

        Parameters
        ----------
        x : Tensor, shape (batch, n_chans, n_times) or (batch, n_windows, n_chans, n_times)
            One window or several consecutive windows of each recording, in the model's unit.
        lengths : Tensor of int, shape (batch,) | None
            Number of windows in each sequence before the padding, which then has no influence.
            None: no padding.

        Returns
        -------
        Tensor, shape (batch, n_outputs) or (batch, n_windows, n_outputs)
            Logits.
        """
        with twice_differentiable_attention(x):
            logits: Tensor = self.head(self.features(x, lengths))
        return logits

    def features(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map windows or sequences of windows to the features of each window in its context."""
        raise NotImplementedError


class RecurrentModel(SequenceModel):
    """Base class of models with a recurrent network over the features of consecutive windows.

    Subclasses define `window_features` and `over_windows`.
    """

    def forward(  # type: ignore[override]
        self,
        x: Tensor,
        state: Any = None,
        lengths: Tensor | None = None,
        return_state: bool = False,
    ) -> Tensor | tuple[Tensor, Any]:
        """Map windows or sequences of windows to logits.

        Parameters
        ----------
        x : Tensor, shape (batch, n_chans, n_times) or (batch, n_windows, n_chans, n_times)
            One window or several consecutive windows of each recording, in microvolts.
        state : tuple | None
            State returned for the preceding windows. None: the windows start a recording.
        lengths : Tensor of int, shape (batch,) | None
            Number of windows in each sequence before the padding, which then has no influence.
            None: no padding.
        return_state : bool
            Whether to return the state after the last window before the padding.

        Returns
        -------
        logits : Tensor, shape (batch, n_outputs) or (batch, n_windows, n_outputs)
            Logits of the classes.
        state : tuple
            State of the recurrent network, only if `return_state` is True.
        """
        features, state = self._features_and_state(x, state, lengths)
        logits: Tensor = self.head(features)
        return (logits, state) if return_state else logits

    def features(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map windows or sequences of windows to the features of each window in its sequence."""
        return self._features_and_state(x, None, lengths)[0]

    def window_features(self, x: Tensor) -> Tensor:
        """Map windows (windows, n_chans, n_times) to the features of each window alone."""
        raise NotImplementedError

    def over_windows(
        self, features: Tensor, state: Any, lengths: Tensor | None
    ) -> tuple[Tensor, Any]:
        """Run the recurrent network over features (batch, n_windows, ...).

        Return its outputs and its new state.
        """
        raise NotImplementedError

    def apply_without_padding(
        self,
        function: Callable[[Tensor], Tensor],
        windows: Tensor,
        lengths: Tensor | None,
        n_windows: int,
    ) -> Tensor:
        """Apply a function to windows (batch * n_windows, ...).

        In a model that computes batch statistics, which padding would distort, the function is
        applied to the other windows only. The results of padding are then zero.
        """
        if lengths is None or not self._computes_batch_statistics():
            return function(windows)
        real = is_real(lengths, n_windows).flatten().nonzero().squeeze(1)
        results = function(windows[real])
        return results.new_zeros(len(windows), results.shape[-1]).index_put((real,), results)

    def _computes_batch_statistics(self) -> bool:
        return any(isinstance(x, BatchNormBase) and x.training for x in self.modules())

    def _features_and_state(
        self, x: Tensor, state: Any, lengths: Tensor | None
    ) -> tuple[Tensor, Any]:
        sequences = self.without_padding(self.as_sequences(x), lengths)
        n_windows = sequences.shape[1]
        features = self.apply_without_padding(
            self.window_features, sequences.flatten(0, 1), lengths, n_windows
        )
        # An empty batch leaves no elements from which -1 could be inferred.
        features = features.reshape(*sequences.shape[:2], features.shape[-1])
        out, state = self.over_windows(features, state, lengths)
        return (out.squeeze(1) if x.ndim == 3 else out), state


def is_real(lengths: Tensor, n_windows: int) -> Tensor:
    """Return a mask (batch, n_windows) of the windows before the padding."""
    return torch.arange(n_windows, device=lengths.device) < lengths.unsqueeze(1)


def needs_later_windows(model: nn.Module) -> bool:
    """Return whether the outputs for a window depend on the windows after it.

    Examples
    --------
    >>> sizes = {"n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100}
    >>> models = [eegzoo.create_model(name, **sizes) for name in ("tinysleepnet", "deepsleepnet")]
    >>> [needs_later_windows(model) for model in models]
    [False, True]
    """
    runs_backwards = any(
        isinstance(part, BidirectionalRNN) or (isinstance(part, PeepholeLSTM) and part.reverse)
        for part in model.modules()
    )
    is_sequential = isinstance(model, SequenceModel)
    return is_sequential and (runs_backwards or not isinstance(model, RecurrentModel))
