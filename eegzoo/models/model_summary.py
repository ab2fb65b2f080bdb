"""Summary table of a model's layers."""

from __future__ import annotations

from typing import Any

import torch
import torchinfo

from eegzoo.models.base import EEGModel, parameter_like
from eegzoo.models.multiply_adds import count_macs


def summary(model: EEGModel, batch_size: int = 1, **options: Any) -> Any:
    """Return a torchinfo table of a model's layers, shapes, parameters and multiply-adds.

    ``total_mult_adds`` counts the multiply-adds of all convolutions and matrix products, including
    those of attention, which are not part of any row.

    The model does not change: weights, running statistics and training flags stay the same.

    Parameters
    ----------
    model : EEGModel
        Model to summarise.
    batch_size : int
        Number of windows in the batch for which shapes and multiply-adds are computed.
    **options
        Other arguments of `torchinfo.summary`, such as ``depth`` or ``col_names``.

    Returns
    -------
    torchinfo.ModelStatistics
        Table that can be printed, with totals such as ``total_params`` as attributes.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=64, n_times=128, n_outputs=4, sfreq=128)
    >>> eegzoo.summary(model).total_params
    2388
    """
    like = parameter_like([model])
    windows = torch.zeros(
        batch_size, model.n_chans, model.n_times, dtype=like.dtype, device=like.device
    )
    flags = {module: module.training for module in model.modules()}
    try:
        model.eval()
        table = torchinfo.summary(model, input_data=windows, mode="eval", verbose=0, **options)
        # torchinfo sums layers, and does not see the products in attention and filter banks.
        table.total_mult_adds = count_macs(model, windows)
        return table
    finally:
        for module, training in flags.items():
            module.training = training
