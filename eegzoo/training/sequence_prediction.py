"""Outputs of a model that was trained on sequences, along recordings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eegzoo.data.windows.consecutive import sort_by_onset
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.models.base import EEGModel


def outputs_along_recordings(
    model: EEGModel,
    inputs: Inputs,
    normalize: Callable[[Any], Any],
    compute: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """Return the outputs of a model for windows, each in the context of its recording.

    The windows of each recording are sorted by onset and run through the model as one sequence. A
    gap, where the next window does not begin at the end of the one before, begins a new sequence.

    Parameters
    ----------
    model : EEGModel
        Model in evaluation mode that takes sequences of windows.
    inputs : Inputs
        Windows, in any order, with their onsets. Windows without the name of their recording are
        taken to be of one recording.
    normalize : callable
        Function that normalises windows.
    compute : callable | None
        Function of sequences that is computed, such as the model's `features`. None: the model.

    Returns
    -------
    Tensor, shape (n_windows, n_outputs)
        Outputs in the order of the windows, on the CPU.

    Raises
    ------
    ValueError
        If there are no onsets, two windows of a recording have the same, or windows overlap.
    """
    if inputs.info is None or "onset" not in inputs.metadata:
        raise ValueError(
            "expected X of shape (n_sequences, n_windows, n_chans, n_times), or epochs, whose "
            "onsets tell which windows are consecutive, because the model was trained on "
            f"sequences; got single windows of shape {tuple(inputs.X.shape)}"
        )
    n_windows = len(inputs.X)
    metadata = {"recording": np.zeros(n_windows, np.int64), **inputs.metadata}
    windows = EpochsDataset(
        inputs.X, np.zeros(n_windows, np.int64), ("?",), inputs.info, metadata, "ignore"
    )
    order, _, follows = sort_by_onset(windows, inputs.info.n_times / inputs.info.sfreq)
    compute, weight = model if compute is None else compute, next(model.parameters())
    parts = []
    with torch.inference_mode():
        for run in np.split(order, np.flatnonzero(~follows)[1:]):
            x = torch.as_tensor(normalize(windows.X[run])).to(weight.device, weight.dtype)
            parts.append(compute(x.unsqueeze(0)).squeeze(0).cpu())
    outputs = torch.cat(parts)[torch.from_numpy(np.argsort(order))]
    return outputs.to(torch.promote_types(outputs.dtype, torch.float32))
