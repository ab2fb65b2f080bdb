"""Whether calls are computed at once, or recorded for other inputs."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from eegzoo.torch_internals import is_transformed


def is_traced() -> bool:
    """Return whether calls are recorded or transformed: the graph must hold for other inputs.

    These are compilation, ``torch.export``, ``torch.jit.trace`` and ``torch.func`` transforms.

    Examples
    --------
    >>> x = torch.zeros(2)
    >>> is_traced()
    False
    >>> torch.jit.trace(lambda x: x + int(is_traced()), x, check_trace=False)(x)
    tensor([1., 1.])
    """
    if torch.compiler.is_compiling() or is_transformed():
        return True
    traced: bool = torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
    return traced


def is_eager_on_cpu(x: Tensor) -> bool:
    """Return whether calls with a tensor are computed at once, on a CPU, by torch's own kernels.

    The answer is no for subclasses of tensors, which may record or replace calls.

    Examples
    --------
    >>> is_eager_on_cpu(torch.zeros(2)), is_eager_on_cpu(torch.zeros(2, device="meta"))
    (True, False)
    """
    return x.is_cpu and type(x) in (Tensor, nn.Parameter) and not is_traced()
