"""A model as a table."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from eegzoo.models.base import EEGModel


def summary(model: EEGModel, batch_size: int = 1, **options: Any) -> Any:
    """Return torchinfo's table of a model: layers, shapes, parameters, multiplications.

    Neither weights nor running statistics nor training flags change.

    Parameters
    ----------
    model : EEGModel
        Any model of the zoo.
    batch_size : int
        Windows in the batch that is sent through.
    **options
        More arguments of `torchinfo.summary`, such as ``depth`` or ``col_names``.

    Returns
    -------
    torchinfo.ModelStatistics
        Prints as the table; ``total_params`` and the like are numbers.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=64, n_times=128, n_outputs=4, sfreq=128)
    >>> eegzoo.summary(model).total_params
    2388
    """
    import torchinfo

    like = next(model.parameters())
    windows = torch.zeros(
        batch_size, model.n_chans, model.n_times, dtype=like.dtype, device=like.device
    )
    flags = {module: module.training for module in model.modules()}
    try:
        model.eval()
        return torchinfo.summary(model, input_data=windows, mode="eval", verbose=0, **options)
    finally:
        _restore(flags)


def _restore(flags: dict[nn.Module, bool]) -> None:
    for module, training in flags.items():
        module.training = training
