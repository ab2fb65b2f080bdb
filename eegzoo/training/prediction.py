"""Probabilities of windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from eegzoo.data.windows import Windows
from eegzoo.models import EEGModel
from eegzoo.training.crops import even_crops
from eegzoo.training.normalization import Normalizer


def predict_proba(
    model: EEGModel,
    windows: npt.NDArray[Any] | Windows,
    normalizer: Normalizer,
    n_crops: int,
    batch_size: int = 64,
) -> npt.NDArray[np.float32]:
    """Average a model's log-probabilities over evenly spaced crops of each window.

    Parameters
    ----------
    model : EEGModel
        In evaluation mode.
    windows : array or Windows, shape (n_windows, n_chans, n_times)
        Windows in microvolts.
    normalizer : Normalizer
        What the model's inputs were normalised by.
    n_crops : int
        Crops of a window.
    batch_size : int
        Windows computed at once.

    Returns
    -------
    array, shape (n_windows, n_outputs)
        Probabilities, which sum to one.
    """
    device = next(model.parameters()).device
    parts = []
    with torch.inference_mode():
        for start in range(0, len(windows), batch_size):
            batch = torch.from_numpy(normalizer.transform(windows[start : start + batch_size]))
            crops = even_crops(batch, model.n_times, n_crops)
            logits = model(crops.flatten(0, 1).to(device)).unflatten(0, crops.shape[:2])
            parts.append(logits.log_softmax(dim=-1).mean(dim=1).softmax(dim=-1).cpu())
    if not parts:
        return np.empty((0, model.n_outputs), np.float32)
    return torch.cat(parts).numpy()
