"""A model under test, and how to build it in other sizes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from eegzoo.models.base import EEGModel
from eegzoo.models.optimization import DROPOUTS
from eegzoo.models.sequence_models import SequenceModel
from eegzoo.testing.expectations import expect


@dataclass(frozen=True)
class ModelCase:
    """A model under test.

    Parameters
    ----------
    create : callable
        Class or function that returns an `EEGModel`, given n_chans, n_times, n_outputs and sfreq.
    sizes : mapping of str to object
        Arguments with which the checks build the model.
    lr : float
        Learning rate at which the model learns nine windows in 60 steps of Adam.

    Examples
    --------
    >>> from eegzoo.models.eegnet import EEGNet
    >>> ModelCase(EEGNet).build(n_chans=8).n_chans
    8
    """

    create: Callable[..., EEGModel]
    sizes: Mapping[str, Any] = field(
        default_factory=lambda: {"n_chans": 3, "n_times": 256, "n_outputs": 3, "sfreq": 128.0}
    )
    lr: float = 0.01

    def build(self, **changes: Any) -> EEGModel:
        """Return a new model."""
        model = self.create(**{**self.sizes, **changes})
        expect(isinstance(model, EEGModel), f"{model!r:.100} is no EEGModel")
        return model

    def smallest_window(self) -> int:
        """Return the shortest window that the model takes, from its error for shorter ones."""
        try:
            self.build(n_times=1)
        except ValueError as error:
            found = re.search(r"expected n_times of at least (\d+)", str(error))
            expect(found, f"the error for n_times=1 does not name the smallest window: {error}")
            return int(found[1])  # type: ignore[index]
        return 1


def windows(model: EEGModel, batch: int = 4) -> Tensor:
    """Return random windows in the dtype of a model, with amplitudes of EEG in microvolts."""
    dtype = next((p.dtype for p in model.parameters()), torch.get_default_dtype())
    return 20 * torch.randn(batch, model.n_chans, model.n_times, dtype=dtype)


def takes_sequences(model: EEGModel) -> bool:
    """Return whether a model takes sequences of windows as well."""
    return isinstance(model, SequenceModel)


def snapshot(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of a module's state dict."""
    return {key: tensor.clone() for key, tensor in model.state_dict().items()}


def is_dropout(module: nn.Module) -> bool:
    """Return whether a module is one of torch's dropouts."""
    return isinstance(module, DROPOUTS)


def without_dropout(model: EEGModel) -> EEGModel:
    """Set all dropout probabilities of a model to 0, and return the model."""
    for module in model.modules():
        if isinstance(module, DROPOUTS):
            module.p = 0.0
    return model
