"""Base class of all models."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.blocks.attention import twice_differentiable_attention
from eegzoo.models.argument_checks import check_argument


class ShortWindowError(ValueError):
    """Error for windows that are too short for a model's kernels and pools."""


class EEGModel(nn.Module):
    """Base class of all models, which compute ``head(features(x))``.

    The constructor of a subclass calls this one first and keeps each of its own arguments as an
    attribute of the same name, with `set_arguments` or by assignment; `arguments` reads them. It
    sets `num_features` before it assigns ``self.head = self.make_head(n_outputs)``. A subclass
    defines `features` and `make_head`.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window.
    n_outputs : int
        Number of classes or targets.
    sfreq : float
        Sampling rate in Hz.
    ch_names : sequence of str | None
        Names of the channels, in the order of the channels in a window.

    Attributes
    ----------
    num_features : int
        Number of features that `features` returns for a window.
    head : nn.Module
        Layers that map features to outputs. A classifier has one logit for each class.
    """

    num_features: int
    head: nn.Module
    # Set by `eegzoo.models.finetuning.freeze`.
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

    if TYPE_CHECKING:
        # The attributes that `set_arguments` makes.
        def __getattr__(self, name: str) -> Any: ...

    def set_arguments(self, **values: Any) -> None:
        """Check arguments of the constructor by name and keep each as an attribute.

        `eegzoo.models.argument_checks.check_argument` lists the names and their valid values. A
        sequence of fixed length and an argument with another name need a check of their own:
        ``self.pool_lengths = positive_ints("pool_lengths", pool_lengths, 2)``. A default that
        depends on other arguments is computed after these have been checked::

            self.set_arguments(D=D, kernel_seconds=kernel_seconds)
            if kernel_length is None:
                kernel_length = max(1, round(self.kernel_seconds * self.sfreq))
            self.set_arguments(kernel_length=kernel_length)

        Parameters
        ----------
        **values
            Values by the names of the arguments.

        Raises
        ------
        TypeError, ValueError
            If a value is not valid. The message names the argument.
        """
        for name, value in values.items():
            setattr(self, name, check_argument(name, value))

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of the constructor that rebuild this model."""
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
        with twice_differentiable_attention(x):
            outputs: Tensor = self.head(self.features(x))
        return outputs

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        raise NotImplementedError

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head with `num_features` inputs and `n_outputs` outputs."""
        raise NotImplementedError

    def reset_head(self, n_outputs: int) -> None:
        """Replace the head with a newly initialised head that has `n_outputs` outputs."""
        n_outputs = positive_int("n_outputs", n_outputs)
        like = next(self.head.parameters())
        self.head = self.make_head(n_outputs).to(like.device, like.dtype).train(self.training)
        self.n_outputs = n_outputs

    def train(self, mode: bool = True) -> Self:
        """Set training or evaluation mode; frozen parts stay in evaluation mode."""
        super().train(mode)
        for name in self.frozen_parts:
            keep_in_evaluation(self.get_submodule(name))
        return self

    def check_windows(self, x: Tensor) -> None:
        """Raise an error unless `x` is floating-point with shape (batch, n_chans, n_times)."""
        if x.ndim != 3 or x.shape[1:] != (self.n_chans, self.n_times):
            raise ValueError(
                f"expected x of shape (batch, n_chans={self.n_chans}, n_times={self.n_times}), "
                f"got {tuple(x.shape)}"
            )
        if not x.is_floating_point():
            raise TypeError(f"expected x of a floating-point dtype, got {x.dtype}")

    def check_smallest_window(self, smallest: int) -> None:
        """Raise an error if `n_times` is below the smallest window for the kernels and pools."""
        if self.n_times < smallest:
            raise ShortWindowError(
                f"expected n_times of at least {smallest} for {type(self).__name__} "
                f"with these kernels and pools, got {self.n_times}"
            )


def keep_in_evaluation(part: nn.Module) -> None:
    """Set a part to evaluation mode, and disable ``train`` in all its modules until `release`."""
    for module in part.modules():
        # An attribute hides the method of the class, and is copied and pickled with the module.
        module.train = partial(_stay_in_evaluation, module)  # type: ignore[method-assign]
        module.training = False


def release(part: nn.Module) -> None:
    """Enable ``train`` again in the modules of a part."""
    for module in part.modules():
        vars(module).pop("train", None)


def _stay_in_evaluation(module: nn.Module, mode: bool = True) -> nn.Module:
    return module
