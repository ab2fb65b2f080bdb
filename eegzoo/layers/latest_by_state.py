"""Result of a computation that is repeated only when a module changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from eegzoo.layers.eager import is_eager_on_cpu
from eegzoo.torch_internals import has_global_hooks
from eegzoo.torch_modules import ModuleState
from eegzoo.torch_tracing import is_observed


class LatestByState:
    """The last result of a function of a module.

    The module's tensors, attributes, hooks and submodules are compared with those of the last
    result, so that no way of changing it is missed. Copies and pickles are empty.

    Examples
    --------
    >>> latest, layer = LatestByState(), torch.nn.Linear(2, 1)
    >>> def total(layer):
    ...     print("computed")
    ...     return layer.weight.sum()
    >>> for _ in range(2):
    ...     result = latest.get(layer, total)
    computed
    >>> layer.weight.data[0] = 3.0
    >>> latest.get(layer, total)
    computed
    tensor(6.)
    """

    def __init__(self) -> None:
        self._latest: tuple[ModuleState, Any] | None = None

    def get(self, module: nn.Module, compute: Callable[[Any], Any]) -> Any:
        """Return ``compute(module)``, or its last result if the module is the same.

        Parameters
        ----------
        module : nn.Module
            Module, the same at each call.
        compute : callable
            Function of the module.

        Returns
        -------
        object
            The result.
        """
        return self.get_with_state(module, compute)[1]

    def get_with_state(
        self, module: nn.Module, compute: Callable[[Any], Any]
    ) -> tuple[ModuleState, Any]:
        """Return the module's state and the result of `get`."""
        latest = self._latest  # one thread may replace it while another reads
        if latest is not None and latest[0].holds():
            return latest
        with torch.inference_mode(False), torch.no_grad():
            state = ModuleState(module)
            result = compute(module)
        if state.holds():  # no other thread has changed it meanwhile
            self._latest = (state, result)
        return state, result

    def __reduce__(self) -> tuple[type[LatestByState], tuple[()]]:
        """Return the class: a copy computes anew."""
        return type(self), ()


def is_unobserved(x: Tensor) -> bool:
    """Return whether only what a computation with `x` returns matters, not its way there.

    The answer is no where calls are traced or replaced (`is_eager_on_cpu`, autocast, modes of
    torch), or hooks run for all modules.

    Examples
    --------
    >>> x = torch.zeros(2)
    >>> is_unobserved(x)
    True
    >>> with torch.autocast("cpu"):
    ...     is_unobserved(x)
    False
    """
    return (
        is_eager_on_cpu(x)
        and not torch.is_autocast_enabled("cpu")
        and not is_observed()
        and not has_global_hooks()
    )
