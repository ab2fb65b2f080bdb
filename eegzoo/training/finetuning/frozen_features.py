"""Features of a frozen backbone, computed once and trained on like windows."""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor, nn

from eegzoo.models.base import EEGModel
from eegzoo.models.sequence_models import SequenceModel
from eegzoo.training.inputs.training_set import TrainingSet

_BATCH_SIZE = 64


class HeadOnFeatures(EEGModel):
    """The head of a model, which takes its features as windows of one channel.

    Parameters
    ----------
    model : EEGModel
        Model whose head is trained, not a copy of it.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> HeadOnFeatures(model)(torch.randn(4, 1, model.num_features)).shape
    torch.Size([4, 2])
    """

    def __init__(self, model: EEGModel) -> None:
        super().__init__(1, model.num_features, model.n_outputs, model.sfreq)
        self.num_features = model.num_features
        self.head = model.head

    def features(self, x: Tensor) -> Tensor:
        """Map (batch, 1, num_features) to (batch, num_features)."""
        return x.squeeze(1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a linear layer, which replaces a head of another kind."""
        return nn.Linear(self.num_features, n_outputs)


def can_be_cached(model: EEGModel, data: TrainingSet, crop_length: int, augments: bool) -> bool:
    """Return whether a window has the same features whenever it is drawn.

    Parameters
    ----------
    model : EEGModel
        Model.
    data : TrainingSet
        Training windows.
    crop_length : int
        Number of samples in a crop.
    augments : bool
        Whether windows are augmented.
    """
    is_single = (
        data.runs is None and data.X.ndim == 3
        if isinstance(data.X, Tensor)
        else (data.runs is None and len(data.X.shape) == 3)
    )
    whole = crop_length == data.X.shape[-1]
    return is_single and whole and not augments and not isinstance(model, SequenceModel)


@torch.no_grad()
def cached_features(model: EEGModel, data: TrainingSet, device: str) -> TrainingSet:
    """Return a training set with the model's features in the place of windows.

    Parameters
    ----------
    model : EEGModel
        Model, which is set to evaluation mode.
    data : TrainingSet
        Windows.
    device : str
        Device to compute on.

    Returns
    -------
    TrainingSet
        With ``X`` of shape (n, 1, num_features).
    """
    model.to(device).eval()
    dtype = next(model.parameters()).dtype
    parts = []
    for start in range(0, len(data), _BATCH_SIZE):
        chosen = torch.arange(start, min(start + _BATCH_SIZE, len(data)))
        windows = data.X[chosen] if isinstance(data.X, Tensor) else data.X[chosen.numpy()]
        x = torch.as_tensor(windows).to(device, dtype)
        parts.append(model.features(x).float().cpu())
    return dataclasses.replace(data, X=torch.cat(parts).unsqueeze(1))
