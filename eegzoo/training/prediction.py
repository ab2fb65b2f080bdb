"""Outputs of windows, averaged over crops."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from eegzoo.data.windows.lazy_windows import Windows
from eegzoo.models.base import EEGModel
from eegzoo.training.inputs.crops import even_crops
from eegzoo.training.targets.targets import Targets


def outputs_of(
    model: EEGModel,
    X: npt.NDArray[Any] | Tensor | Windows,
    targets: Targets,
    n_crops: int,
    lengths: Tensor | None = None,
    normalize: Any = None,
    batch_size: int = 64,
) -> Tensor:
    """Return a model's outputs for windows, each the average over evenly spaced crops.

    Parameters
    ----------
    model : EEGModel
        In evaluation mode.
    X : array, Tensor or Windows, shape (n, n_chans, n_times) or (n, n_windows, n_chans, n_times)
        Windows, or sequences of windows, which are not cut.
    targets : Targets
        What the outputs stand for.
    n_crops : int
        Crops of a window.
    lengths : Tensor of int, shape (n,) | None
        Windows of each sequence before its padding.
    normalize : callable | None
        What is done to windows first. None: it was done.
    batch_size : int
        Windows computed at once.

    Returns
    -------
    Tensor, shape (n, n_outputs) or (n, n_windows, n_outputs)
        On the CPU.
    """
    device = next(model.parameters()).device
    per_window = 1 if len(X.shape) == 3 else X.shape[1]
    step = max(1, batch_size // per_window)
    parts = []
    with torch.inference_mode():
        for start in range(0, len(X), step):
            windows = X[start : start + step]
            batch = torch.as_tensor(windows if normalize is None else normalize(windows))
            if batch.ndim == 4:
                mine = None if lengths is None else lengths[start : start + step].to(device)
                known = {} if mine is None else {"lengths": mine}
                parts.append(model(batch.to(device), **known).cpu())
                continue
            crops = even_crops(batch, model.n_times, n_crops)
            outputs = model(crops.flatten(0, 1).to(device)).unflatten(0, crops.shape[:2])
            parts.append(targets.average(outputs).cpu())
    if not parts:
        return torch.empty(0, *X.shape[1:-2], model.n_outputs)
    return torch.cat(parts)
