"""Windows of people, and the features of models of which only the head learns."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.layers.person.fit_statistics import fit_person_statistics
from eegzoo.models.base import EEGModel
from eegzoo.models.zoo import create_model
from eegzoo.training.classifier import EEGClassifier

Array = npt.NDArray[Any]

FIXED_FEATURES = ("tangent_net", "tangent_net_two_heads", "ssvep_front")


class FixedFeatures(EEGModel):
    """Head of a model whose features do not learn, for features of one person as windows.

    Parameters
    ----------
    n_chans, n_times, n_outputs : int
        1, the number of features, and the number of classes.
    sfreq : float
        Not used.
    drop_prob : float
        Dropout of the features.
    head_of : callable
        ``make_head`` of the model.
    ch_names : sequence of str | None
        Not used.
    """

    def __init__(
        self, n_chans: int, n_times: int, n_outputs: int, sfreq: float, *, drop_prob: float,
        head_of: Callable[[int], nn.Module], ch_names: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(drop_prob=drop_prob)
        self.num_features, self.head_of = self.n_times, head_of
        self.dropout = nn.Dropout(self.drop_prob)
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, 1, num_features) to features (batch, num_features)."""
        features: Tensor = self.dropout(x[:, 0])
        return features

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return the head of the model."""
        return self.head_of(n_outputs)


@dataclasses.dataclass(frozen=True)
class Windows:
    """Windows of a data set, or their features, with labels and people."""

    X: Any
    y: Array
    people: Array

    def __getitem__(self, rows: Array) -> Windows:
        return Windows(self.X[rows], self.y[rows], self.people[rows])


def features_of(dataset: EpochsDataset, model: EEGModel) -> Array:
    """Return the features (n_windows, 1, num_features) of each window, of each person apart."""
    people, features = dataset.groups("subject"), np.zeros((len(dataset), 1, model.num_features))
    for person in np.unique(people):
        rows = np.flatnonzero(people == person)
        windows = torch.as_tensor(np.asarray(dataset[rows].X), dtype=torch.float32)
        own = fit_person_statistics(model, torch.split(windows, 32))
        with torch.no_grad():
            features[rows, 0] = own.features(windows).numpy()
    return features.astype(np.float32)


def prepared(
    dataset: EpochsDataset, model: str, settings: Mapping[str, Any]
) -> tuple[Windows, EEGClassifier]:
    """Return the windows and the classifier of the test.

    Of a model whose features are fixed, they are computed once for each person, and the classifier
    is the head alone. All windows of a person are in one batch, so that the training is the same.

    Parameters
    ----------
    dataset : EpochsDataset
        Windows.
    model : str
        Name of the model.
    settings : mapping
        Parameters of `EEGClassifier`.
    """
    people, params = dataset.groups("subject"), dict(settings)
    if model not in FIXED_FEATURES:
        return Windows(dataset, dataset.labels, people), EEGClassifier(model, **params)
    info = dataset.info
    whole: Any = create_model(
        model, n_chans=len(info.ch_names), n_times=info.n_times,
        n_outputs=len(dataset.classes), sfreq=info.sfreq, **params["model_params"],
    )  # fmt: skip
    params["model_params"] = {"drop_prob": whole.drop_prob, "head_of": whole.make_head}
    head = EEGClassifier(FixedFeatures, sfreq=1.0, check_signal="ignore", **params)
    return Windows(features_of(dataset, whole), dataset.labels, people), head


def with_head(whole: EEGClassifier, classifier: EEGClassifier) -> EEGClassifier:
    """Return a classifier of windows with the head of one that was trained on their features."""
    joined = copy.deepcopy(whole)
    joined.model_.head.load_state_dict(classifier.model_.head.state_dict())
    joined.calibrations_ = classifier.calibrations_
    return joined
