"""The thin base of every model: what it was built with, its shapes, its head."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, Self

from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int


class ShortWindowError(ValueError):
    """Windows are too short for a model's kernels and pools."""


class EEGModel(nn.Module):
    """Base of the zoo's models: ``head(features(x))``.

    A subclass calls this constructor first, keeps each of its own arguments as an attribute of the
    same name (so that `arguments` can rebuild it), defines `features` and `make_head`, and sets
    `num_features` before it assigns ``self.head = self.make_head(n_outputs)``.

    Parameters
    ----------
    n_chans : int
        Channels.
    n_times : int
        Samples in a window.
    n_outputs : int
        Classes or targets.
    sfreq : float
        Sampling rate in Hz.
    ch_names : sequence of str | None
        Names of the channels, in the order in which the model takes them.

    Attributes
    ----------
    num_features : int
        Length of what `features` returns for a window.
    head : nn.Module
        From features to outputs; the outputs of a classifier are logits, one for each class.
    """

    num_features: int
    head: nn.Module
    # What `eegzoo.models.finetuning.freeze` keeps as it is.
    frozen_parts: tuple[str, ...] = ()
    frozen_parameters: tuple[str, ...] = ()

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        self.n_chans = positive_int("n_chans", n_chans)
        self.n_times = positive_int("n_times", n_times)
        self.n_outputs = positive_int("n_outputs", n_outputs)
        self.sfreq = number_between("sfreq", sfreq, 0.0, above=True)
        self.ch_names = None if ch_names is None else tuple(ch_names)
        names = self.ch_names
        if names is not None and not len(set(names)) == len(names) == self.n_chans:
            raise ValueError(
                f"expected ch_names to hold {n_chans} different names, got {list(names)}"
            )

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments that build this model again."""
        names = list(inspect.signature(type(self).__init__).parameters)[1:]
        return {name: getattr(self, name) for name in names}

    def forward(self, x: Tensor) -> Tensor:
        """Map windows to outputs.

        Parameters
        ----------
        x : Tensor, shape (batch, n_chans, n_times)
            Windows in microvolts.

        Returns
        -------
        Tensor, shape (batch, n_outputs)
            Logits.
        """
        self.check_windows(x)
        outputs: Tensor = self.head(self.features(x))
        return outputs

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        raise NotImplementedError

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head for `num_features` features."""
        raise NotImplementedError

    def reset_head(self, n_outputs: int) -> None:
        """Put a newly initialised head with `n_outputs` outputs in place of the present one."""
        n_outputs = positive_int("n_outputs", n_outputs)
        like = next(self.head.parameters())
        self.head = self.make_head(n_outputs).to(like.device, like.dtype).train(self.training)
        self.n_outputs = n_outputs

    def train(self, mode: bool = True) -> Self:
        """Set the mode of all but the frozen parts, which stay in evaluation mode."""
        super().train(mode)
        for name in self.frozen_parts:
            self.get_submodule(name).eval()
        return self

    def check_windows(self, x: Tensor) -> None:
        """Raise unless `x` is (batch, n_chans, n_times) and floating-point."""
        if x.ndim != 3 or x.shape[1:] != (self.n_chans, self.n_times):
            raise ValueError(
                f"expected x of shape (batch, n_chans={self.n_chans}, n_times={self.n_times}), "
                f"got {tuple(x.shape)}"
            )
        if not x.is_floating_point():
            raise TypeError(f"expected x of a floating-point dtype, got {x.dtype}")

    def check_smallest_window(self, smallest: int) -> None:
        """Raise if a window is too short for the model's kernels and pools."""
        if self.n_times < smallest:
            raise ShortWindowError(
                f"expected n_times of at least {smallest} for {type(self).__name__} "
                f"with these kernels and pools, got {self.n_times}"
            )
