"""Statistics of one person in the layers of a model that hold them."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.layers.person.batch_norm import by_person
from eegzoo.layers.person.fit_statistics import fit_with_outputs
from eegzoo.layers.person.person_statistics import person_layers
from eegzoo.models.base import EEGModel

# Few windows at a time stay in the processor's cache; convolutions are faster with more.
_MEASURED_AT_ONCE, _BATCH_SIZE = 8, 64
# Number of values of inputs that a model is run on at once, so that memory is bounded.
_AT_ONCE = 2**23


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
    return PersonInputs(model, windows).fitted(model)


class PersonInputs:
    """Windows of one person, with all that a model computes of them before any statistics.

    A model with fixed filters has two methods: ``measure`` maps windows to what depends on neither
    weights nor statistics, and ``refer`` maps this to features. Fitting its statistics and
    computing the features afterwards then takes one pass over the windows, not one for each layer.

    Parameters
    ----------
    model : EEGModel
        Model.
    windows : Tensor, shape (n_windows, n_chans, n_times)
        All windows of the person, or all their crops, as the model takes them.

    Examples
    --------
    >>> model = eegzoo.create_model("tangent_net", n_chans=4, n_times=512, n_outputs=2, sfreq=128)
    >>> windows = 10 * torch.randn(30, 4, 512)
    >>> inputs = PersonInputs(model, windows)
    >>> adapted = inputs.fitted(model)
    >>> torch.allclose(inputs.features(adapted), adapted.features(windows), atol=1e-5)
    True
    """

    def __init__(self, model: EEGModel, windows: Tensor) -> None:
        self.n_windows = len(windows)
        self.is_measured = hasattr(model, "measure") and self.n_windows > 0
        self._measures: tuple[Tensor, ...] = (windows,)
        if self.is_measured:
            with torch.no_grad():
                parts = [model.measure(part) for part in torch.split(windows, _MEASURED_AT_ONCE)]
            self._measures = tuple(torch.cat(part) for part in zip(*parts, strict=True))

    def fitted(self, model: EEGModel) -> EEGModel:
        """Return a copy of a model with the statistics of these windows, in evaluation mode."""
        return self.fitted_with_features(model)[0]

    def fitted_with_features(self, model: EEGModel) -> tuple[EEGModel, Tensor | None]:
        """Return what `fitted` does, and what `features` returns for the copy.

        The features are None if they were not computed on the way, as those of many windows.
        """
        rows = torch.arange(self.n_windows)
        batches: Sequence[Tensor] = [rows]
        if self.n_windows > _BATCH_SIZE and sum(v.numel() for v in self._measures) > _AT_ONCE:
            # The first batch is run once more, to find the layers; so it is small.
            batches = [rows[:2], *torch.split(rows[2:], _BATCH_SIZE)]
        adapted = copy.deepcopy(model)
        by_person(adapted)  # a loaded model has torch's layers
        fitted, features = fit_with_outputs(_FromRows(adapted, self), batches)
        found: EEGModel = fitted.model
        return found, features

    def features(self, model: EEGModel) -> Tensor:
        """Return the features (n_windows, num_features) of a model in evaluation mode."""
        with torch.no_grad():
            parts = torch.split(torch.arange(self.n_windows), _BATCH_SIZE)
            return torch.cat([self.features_of(model, part) for part in parts])

    def features_of(self, model: EEGModel, rows: Tensor) -> Tensor:
        """Return the features of some windows."""
        values = [value[rows.to(value.device)] for value in self._measures]
        if not self.is_measured:
            return model.features(*values)
        found: Tensor = model.refer(*values)
        return found if model.feature_norm is None else model.feature_norm(found)


class _FromRows(nn.Module):
    """Model as a function of the rows of its windows."""

    def __init__(self, model: EEGModel, inputs: PersonInputs) -> None:
        super().__init__()
        self.model = model
        self.inputs = inputs

    def __deepcopy__(self, memo: dict[int, object]) -> _FromRows:
        return type(self)(copy.deepcopy(self.model, memo), self.inputs)

    def forward(self, rows: Tensor) -> Tensor:
        """Return the features of windows."""
        return self.inputs.features_of(self.model, rows)
