"""Private parts of torch that eegzoo uses for code that torch traces or observes.

It has the same purpose as `eegzoo.torch_internals`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch._compile import _disable_dynamo
from torch.utils._python_dispatch import _disable_current_modes

_Function = TypeVar("_Function", bound=Callable[..., Any])


def is_observed() -> bool:
    """Return whether a mode sees or replaces torch's functions, or ``torch.jit.trace`` runs.

    Examples
    --------
    >>> from torch.utils.flop_counter import FlopCounterMode
    >>> is_observed()
    False
    >>> with FlopCounterMode(display=False):
    ...     is_observed()
    True
    """
    modes = torch._C._len_torch_function_stack() + torch._C._len_torch_dispatch_stack()
    tracing: bool = torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
    return modes > 0 or tracing


def not_compiled(function: _Function) -> _Function:
    """Exclude a function from ``torch.compile``; the code around it is compiled.

    Examples
    --------
    >>> @not_compiled
    ... def double(x):
    ...     return 2 * x
    >>> double(21)
    42
    """
    # As `torch.compiler.disable` does, which first imports the whole compiler: 75 MB.
    left_out: Any = _disable_dynamo(function)
    return left_out  # type: ignore[no-any-return]


def evaluated_when_traced(function: _Function) -> _Function:
    """Evaluate a function while ``torch.compile`` or ``torch.export`` traces the code around it.

    The results are constants of the graph. The arguments must not be tensors of the graph.

    Examples
    --------
    >>> @evaluated_when_traced
    ... def roots(n):
    ...     return torch.arange(n).sqrt()
    >>> class Shifted(torch.nn.Module):
    ...     def forward(self, x):
    ...         return x + roots(x.shape[0])
    >>> len(torch.export.export(Shifted(), (torch.zeros(4),)).graph.find_nodes(
    ...     op="call_function", target=torch.ops.aten.sqrt.default))
    0
    """

    @functools.wraps(function)
    def evaluated(*args: Any, **options: Any) -> Any:
        with _disable_current_modes():
            return function(*args, **options)

    # As `torch.compiler.assume_constant_result` does, which first imports the whole compiler.
    evaluated._dynamo_marked_constant = True  # type: ignore[attr-defined]
    return evaluated  # type: ignore[return-value]
