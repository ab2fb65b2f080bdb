"""Statistics of one person in the batch normalisations of a model."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from eegzoo.layers.person.batch_norm import by_person
from eegzoo.layers.person.fit_statistics import fit_person_statistics
from eegzoo.layers.person.person_statistics import person_layers
from eegzoo.models.base import EEGModel

_BATCH_SIZE = 64


def takes_statistics(model: nn.Module) -> bool:
    """Return whether a model has layers whose statistics can be those of one person."""
    norms = (nn.BatchNorm1d, nn.BatchNorm2d)
    return bool(person_layers(model)) or any(isinstance(part, norms) for part in model.modules())


def with_person_statistics(model: EEGModel, windows: Tensor) -> EEGModel:
    """Return a copy of a model with the statistics of one person.

    Parameters
    ----------
    model : EEGModel
        Model in evaluation mode; not changed.
    windows : Tensor, shape (n_windows, n_chans, n_times)
        All windows of the person, or all their crops, as the model takes them.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=256, n_outputs=2, sfreq=128).eval()
    >>> adapted = with_person_statistics(model, 3 * torch.randn(30, 8, 256))
    >>> torch.equal(adapted.head.weight, model.head.weight)
    True
    """
    adapted = copy.deepcopy(model)
    by_person(adapted)  # a loaded model has torch's layers
    # The first batch is run once more, to find the layers; so it is small.
    batches = (windows[:2], *torch.split(windows[2:], _BATCH_SIZE))
    return fit_person_statistics(adapted, [batch for batch in batches if len(batch)])
