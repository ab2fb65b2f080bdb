"""Base class of all models."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, ClassVar, Self

import torch
from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.attention.multi_head import twice_differentiable_attention
from eegzoo.models.argument_checks import check_argument


class ShortWindowError(ValueError):
    """Error for windows that are too short for a model's kernels and pools."""


class EEGModel(nn.Module):
    """Base class of all models, which compute ``head(features(x))``.

    The constructor of a subclass calls this one first and keeps each of its own arguments as an
    attribute of the same name, with `set_arguments` or by assignment; `arguments` reads them. It
    sets `num_features` before it assigns ``self.head = self.make_head(n_outputs)``. A subclass
    defines `features`, and `make_head` if its head is not a linear layer. `features` checks the
    shape of its windows before the code of the subclass runs.

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
    feature_norm : nn.Module | None
        Layer that `features` ends in, which `eegzoo.models.norm_features` adds.
    """

    num_features: int
    head: nn.Module
    # Whether the same weights suit any number of channels, in any order.
    takes_any_channels: ClassVar[bool] = False
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
        self.register_module("feature_norm", None)
        self.n_chans = positive_int("n_chans", n_chans)
        self.n_times = positive_int("n_times", n_times)
        self.n_outputs = positive_int("n_outputs", n_outputs)
        self.sfreq = number_between("sfreq", sfreq, 0.0, above=True)
        self.ch_names = None if ch_names is None else check_names(ch_names, self.n_chans)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "features" in vars(cls):
            cls.features = _with_checked_windows(cls.features)  # type: ignore[method-assign]

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
                kernel_length = self.samples_in(self.kernel_seconds)
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
        found = {}
        for name, parameter in list(inspect.signature(type(self).__init__).parameters.items())[1:]:
            is_named = parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
            if not (is_named and hasattr(self, name)):
                raise TypeError(
                    f"expected {type(self).__name__} to keep its argument {name!r} as an attribute "
                    f"of this name, as self.set_arguments({name}={name}) does"
                )
            found[name] = getattr(self, name)
        return found

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
        shorter = self.by_shorter_way(x)
        if shorter is not None:
            return shorter
        with twice_differentiable_attention(x):
            outputs: Tensor = self.head(self.features(x))
        return outputs

    def by_shorter_way(self, x: Tensor) -> Tensor | None:
        """Return the outputs of windows if there is a faster way than the layers, else None.

        A subclass that has one overrides this. The outputs are those of ``head(features(x))``.
        """
        return None

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        raise NotImplementedError

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head with `num_features` inputs and `n_outputs` outputs.

        The default is a linear layer.
        """
        if not hasattr(self, "num_features"):
            raise TypeError(
                f"expected {type(self).__name__} to set num_features, the number of features of a "
                "window, before it makes its head"
            )
        return nn.Linear(self.num_features, n_outputs)

    def reset_head(self, n_outputs: int) -> None:
        """Replace the head with a newly initialised head that has `n_outputs` outputs."""
        n_outputs = positive_int("n_outputs", n_outputs)
        like = parameter_like([self.head, self])
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

    def check_input(self, x: Tensor) -> None:
        """Raise an error unless `features` and ``forward`` take `x`."""
        self.check_windows(x)

    def samples_in(self, seconds: float) -> int:
        """Return the number of samples nearest to a duration, at least one.

        Kernels and pools whose lengths an author gives in seconds follow the sampling rate by it.
        """
        return max(1, round(seconds * self.sfreq))

    def check_smallest_window(self, smallest: int) -> None:
        """Raise an error if `n_times` is below the smallest window for the kernels and pools."""
        if self.n_times < smallest:
            raise ShortWindowError(
                f"expected n_times of at least {smallest} for {type(self).__name__} "
                f"with these kernels and pools, got {self.n_times}"
            )


def parameter_like(modules: Sequence[nn.Module]) -> Tensor:
    """Return a tensor with the device and dtype of the first floating-point tensor of modules.

    A module such as `torch.nn.Identity` has none; then the next module counts. Torch's default
    device and dtype are the last resort.

    Examples
    --------
    >>> parameter_like([nn.Identity(), nn.Linear(2, 2).double()]).dtype
    torch.float64
    """
    for module in modules:
        for tensor in (*module.parameters(), *module.buffers()):
            if tensor.is_floating_point():
                return tensor
    return torch.empty(0)


def check_names(ch_names: Sequence[str], n_chans: int) -> tuple[str, ...]:
    """Return channel names as a tuple, or raise an error unless there is one for each channel."""
    # A string is a sequence of strings, too.
    if isinstance(ch_names, (str, bytes)) or not isinstance(ch_names, Iterable):
        raise TypeError(f"expected ch_names to be a sequence of names, got {ch_names!r}")
    names = tuple(ch_names)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"expected ch_names to hold strings, got {name!r}")
    if not len(set(names)) == len(names) == n_chans:
        raise ValueError(f"expected ch_names to hold {n_chans} different names, got {list(names)}")
    return tuple(map(str, names))  # NumPy's strings print otherwise


def _with_checked_windows(features: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return a method ``features`` that checks its windows first and normalises its features."""

    @wraps(features)
    def checked(self: EEGModel, x: Tensor, *args: Any, **options: Any) -> Tensor:
        self.check_input(x)
        found = features(self, x, *args, **options)
        norm: nn.Module | None = getattr(self, "feature_norm", None)
        return found if norm is None else norm(found)

    return checked


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
