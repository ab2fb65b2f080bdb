"""Where and how a training computes."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Any


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """Where and how a training computes, and what it shows: arguments of the estimators.

    Parameters
    ----------
    device : str
        Device of the computation, "cpu" or "cuda".
    precision : {"float32", "bfloat16", "float16"}
        Precision of the forward pass.
    compile : bool
        Whether the model is compiled.
    verbose : int
        Whether a progress bar is shown.
    callbacks : sequence of skorch.callbacks.Callback
        The user's callbacks.
    checkpoint : path-like | None
        Folder for checkpoints.
    """

    device: str
    precision: str
    compile: bool
    verbose: int
    callbacks: Sequence[Any]
    checkpoint: str | os.PathLike[str] | None = None
