"""Outputs of a model for windows, averaged over crops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from eegzoo.data.tasks.read_ahead import in_chunks
from eegzoo.data.windows.lazy_windows import Windows
from eegzoo.models.base import EEGModel
from eegzoo.training.inputs.crops import even_crops


def compute_outputs(
    model: EEGModel,
    X: npt.NDArray[Any] | Tensor | Windows,
    average: Callable[[Tensor], Tensor],
    n_crops: int,
    lengths: Tensor | None = None,
    normalize: Callable[[Any], Any] | None = None,
    batch_size: int = 64,
    compute: Callable[..., Tensor] | None = None,
) -> Tensor:
    """Return the outputs of a model for windows, averaged over evenly spaced crops.

    Parameters
    ----------
    model : EEGModel
        Model in evaluation mode.
    X : array, Tensor or Windows, shape (n, n_chans, n_times) or (n, n_windows, n_chans, n_times)
        Windows, or sequences of windows, which are not cropped.
    average : callable
        Function from outputs (n, n_crops, n_outputs) to their average over crops.
    n_crops : int
        Number of crops of each window.
    lengths : Tensor of int, shape (n,) | None
        Number of windows in each sequence, without padding. None: all.
    normalize : callable | None
        Function that normalises windows. None: they are already normalised.
    batch_size : int
        Number of windows that are computed at once.
    compute : callable | None
        Function of windows that is computed, such as the model's `features`. None: the model.

    Returns
    -------
    Tensor, shape (n, n_outputs) or (n, n_windows, n_outputs)
        Outputs, on the CPU.
    """
    compute = model if compute is None else compute
    weight = next(model.parameters())
    device, dtype = weight.device, weight.dtype
    per_window = 1 if len(X.shape) == 3 else X.shape[1]
    step = max(1, batch_size // per_window)
    parts = []
    with torch.inference_mode():
        for number, windows in enumerate(in_chunks(X, step)):
            batch = torch.as_tensor(windows if normalize is None else normalize(windows))
            if batch.ndim == 4:
                options = {}
                if lengths is not None:
                    part = lengths[number * step : (number + 1) * step]
                    options["lengths"] = part.to(device)
                parts.append(compute(batch.to(device, dtype), **options).cpu())
                continue
            crops = even_crops(batch, model.n_times, n_crops)
            outputs = compute(crops.flatten(0, 1).to(device, dtype)).unflatten(0, crops.shape[:2])
            parts.append(average(outputs).cpu())
    if not parts:
        return torch.empty(0, *X.shape[1:-2], model.n_outputs)
    return for_numpy(torch.cat(parts))


def for_numpy(values: Tensor) -> Tensor:
    """Return a tensor on the CPU in float32 at least, since NumPy has no bfloat16.

    Examples
    --------
    >>> for_numpy(torch.ones(2, dtype=torch.bfloat16)).numpy()
    array([1., 1.], dtype=float32)
    """
    return values.to("cpu", torch.promote_types(values.dtype, torch.float32))
