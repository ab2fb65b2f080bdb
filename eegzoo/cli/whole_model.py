"""A trained model with its normalisation and crops: microvolts in, probabilities out."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from eegzoo.data.preprocessing import normalization
from eegzoo.models.optimization import optimize_for_inference
from eegzoo.training.inputs.crops import even_crops
from eegzoo.training.targets.targets import Classes, Numbers

if TYPE_CHECKING:
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.training.regressor import EEGRegressor


class WholeModel(nn.Module):
    """What `predict_proba` of a classifier, or `predict` of a regressor, computes of windows.

    Parameters
    ----------
    estimator : EEGClassifier | EEGRegressor
        Fitted estimator of single windows.
    outside : collection of {"alignment", "normalization"}
        What is computed before the graph.

    Raises
    ------
    ValueError
        If the estimator normalises by moving estimates, predicts along sequences, or aligns people
        or takes their statistics but is not adapted to one of them.
    """

    mean: Tensor
    std: Tensor
    matrix: Tensor
    person_mean: Tensor
    person_matrix: Tensor
    target_mean: Tensor
    target_std: Tensor

    def __init__(
        self, estimator: EEGClassifier | EEGRegressor, outside: Collection[str] = ()
    ) -> None:
        super().__init__()
        if estimator.is_sequential_:
            raise ValueError("expected a model of single windows, got one of sequences")
        normalizer = estimator.normalizer_
        if "normalization" in outside:
            normalizer = normalization.Unchanged()
        if isinstance(normalizer, normalization.ExponentialStandardizer):
            raise ValueError(
                "expected a normalisation that a graph can contain, got 'exponential', whose "
                "estimates move from sample to sample"
            )
        alignment = None if "alignment" in outside else estimator.alignment_
        if alignment is None and estimator.align_ is not None and "alignment" not in outside:
            raise ValueError(
                "expected a model that is aligned to one person, because a graph has no statistics "
                f"of people, got one that aligns each person in use ({estimator.align_.method})"
            )
        adaptation = estimator.adaptation_
        if estimator.by_person_ and not (adaptation and "statistics" in adaptation.how):
            raise ValueError(
                "expected a model that is adapted to one person (EEGClassifier.adapt), because a "
                "graph has no statistics of people, got one that takes those of each person in use"
            )
        self.temperature = float(getattr(estimator, "_temperature", 1.0))
        self.is_aligned = alignment is not None
        if alignment is not None:
            if alignment.bands is not None:
                raise ValueError(
                    "expected an alignment that a graph can contain, got one in bands, whose "
                    "filters run forwards and backwards"
                )
            self.register_buffer("person_mean", _column(alignment.mean))
            matrix = torch.as_tensor(alignment.matrix[0], dtype=torch.float32)
            self.register_buffer("person_matrix", matrix)
        self.n_chans, self.n_times = estimator.n_chans_, estimator.n_times_
        self.crop_length = estimator.model_.n_times
        self.n_crops = int(estimator.settings().n_crops)
        self.network = optimize_for_inference(estimator.model_)
        self.targets = estimator.targets_
        self.how = normalizer.how
        mean = getattr(normalizer, "mean", torch.zeros(self.n_chans))
        self.register_buffer("mean", _column(mean))
        if isinstance(normalizer, normalization.Whitener):
            matrix = torch.as_tensor(normalizer.matrix, dtype=torch.float32)
            self.register_buffer("matrix", matrix)
        if isinstance(normalizer, normalization.Standardizer):
            self.register_buffer("std", _column(normalizer.std))
        if isinstance(self.targets, Numbers):
            self.register_buffer("target_mean", _row(self.targets.mean))
            self.register_buffer("target_std", _row(self.targets.std))

    def forward(self, x: Tensor) -> Tensor:
        """Map windows in microvolts (batch, n_chans, n_times) to probabilities or numbers."""
        if self.is_aligned:
            x = self.person_matrix @ (x - self.person_mean)
        crops = even_crops(self._normalized(x), self.crop_length, self.n_crops)
        n_crops = crops.shape[1]
        outputs = self.network(crops.flatten(0, 1)).unflatten(0, (-1, n_crops))
        outputs = self.targets.average_crops(outputs) / self.temperature
        if isinstance(self.targets, Numbers):
            return outputs * self.target_std + self.target_mean
        return outputs.softmax(-1) if isinstance(self.targets, Classes) else outputs.sigmoid()

    def _normalized(self, x: Tensor) -> Tensor:
        centred = x - self.mean
        if self.how == "whiten":
            return self.matrix @ centred
        if self.how == "standardize":
            return centred / self.std
        if self.how == "window":
            centred = x - x.mean(dim=-1, keepdim=True)
            std = centred.std(dim=-1, correction=0, keepdim=True)
            return centred / torch.where(std > 0, std, torch.inf)
        return x


def _column(values: Any) -> Tensor:
    return torch.as_tensor(values, dtype=torch.float32).reshape(-1, 1)


def _row(values: Any) -> Tensor:
    return torch.as_tensor(values, dtype=torch.float32).reshape(1, -1)
