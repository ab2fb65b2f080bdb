"""Models that learn the labels which they gave to the windows of one person."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor

from eegzoo.models.base import EEGModel
from eegzoo.training.adaptation.fine_tune import fine_tune
from eegzoo.training.adaptation.fit_head import fit_head
from eegzoo.training.by_person.statistics import PersonInputs

Average = Callable[[Tensor], Tensor]
# Steps of a round that trains all weights, and the learning rate at its start.
_N_STEPS, _LR = 15, 6e-3


class LearnsHead:
    """Copy of a model whose head learns.

    In each round the head starts from the weights before the first. So a round with the labels of
    the last one leaves the head as it is.

    Parameters
    ----------
    model : EEGModel
        Model in evaluation mode; not changed.
    features : Tensor, shape (n_windows, n_crops, num_features)
        Features of the windows.
    average : callable
        Average of outputs (n_windows, n_crops, n_outputs) over crops.
    strength : float
        How strongly the head is held, as in `fit_head`.

    Attributes
    ----------
    model : EEGModel
        Model as it learnt last.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128).eval()
    >>> features = torch.randn(20, 1, model.num_features)
    >>> learner = LearnsHead(model, features, lambda outputs: outputs.mean(dim=1), strength=0.1)
    >>> learner.learn(torch.arange(20) % 2, torch.ones(20, dtype=torch.bool))
    >>> learner.outputs().shape, torch.equal(learner.model.head.weight, model.head.weight)
    (torch.Size([20, 2]), False)
    """

    def __init__(
        self, model: EEGModel, features: Tensor, average: Average, strength: float
    ) -> None:
        self.model, self._start = copy.deepcopy(model), model.head
        self._features, self._average, self._strength = features, average, strength
        self._learnt: tuple[Tensor, Tensor] | None = None

    def outputs(self) -> Tensor:
        """Return the logits (n_windows, n_outputs) of all windows."""
        with torch.no_grad():
            outputs = self.model.head(self._features.flatten(0, 1))
            return self._average(outputs.unflatten(0, self._features.shape[:2]))

    def learn(self, labels: Tensor, chosen: Tensor) -> None:
        """Train on windows.

        Parameters
        ----------
        labels : Tensor of int, shape (n_windows,)
            Index of the class of each window.
        chosen : Tensor of bool, shape (n_windows,)
            Windows to learn.
        """
        y = labels[chosen]
        if self._learnt is not None and all(map(torch.equal, self._learnt, (y, chosen))):
            return
        self._learnt = y, chosen.clone()
        rows = self._features[chosen]
        y = y.repeat_interleave(rows.shape[1])
        weight = torch.ones(len(y), device=y.device)
        self.model.head = fit_head(self._start, rows.flatten(0, 1), y, weight, self._strength)


class LearnsAllWeights:
    """Copy of a model all of whose weights learn.

    Each round goes on from the last. Statistics of the person are taken anew after each, because
    they follow from the weights.

    Parameters
    ----------
    model : EEGModel
        Model in evaluation mode; not changed.
    crops : Tensor, shape (n_windows, n_crops, n_chans, n_times)
        Crops of all windows of the person.
    average : callable
        Average of outputs (n_windows, n_crops, n_outputs) over crops.
    has_statistics : bool
        Whether the model has the statistics of the person.

    Attributes
    ----------
    model : EEGModel
        Model as it learnt last.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128).eval()
    >>> crops, labels = torch.randn(6, 1, 8, 128), torch.arange(6) % 2
    >>> learner = LearnsAllWeights(model, crops, lambda outputs: outputs.mean(dim=1), True)
    >>> learner.learn(labels, labels >= 0)
    >>> learner.outputs().shape, torch.equal(learner.model.head.weight, model.head.weight)
    (torch.Size([6, 2]), False)
    """

    def __init__(
        self, model: EEGModel, crops: Tensor, average: Average, has_statistics: bool
    ) -> None:
        self.model, self._crops, self._average = model, crops, average
        self._has_statistics = has_statistics

    def outputs(self) -> Tensor:
        """Return the logits (n_windows, n_outputs) of all windows."""
        with torch.no_grad():
            parts = [self.model(part) for part in self._crops.unbind(1)]
            return self._average(torch.stack(parts, dim=1))

    def learn(self, labels: Tensor, chosen: Tensor) -> None:
        """Train on windows, as `LearnsHead.learn` does."""
        model = fine_tune(
            self.model, self._crops[chosen], labels[chosen], self._average,
            n_steps=_N_STEPS, lr=_LR,
        )  # fmt: skip
        if self._has_statistics:
            model = PersonInputs(model, self._crops.flatten(0, 1)).fitted(model)
        self.model = model


def only_head_learns(model: EEGModel) -> bool:
    """Return whether all weights that learn are in the head.

    Examples
    --------
    >>> sizes = {"n_chans": 8, "n_times": 512, "n_outputs": 2, "sfreq": 128}
    >>> [only_head_learns(eegzoo.create_model(name, **sizes)) for name in ("tangent_net", "eegnet")]
    [True, False]
    """
    heads = {id(weight) for weight in model.head.parameters()}
    return all(id(weight) in heads for weight in model.parameters() if weight.requires_grad)
