"""Training and use of models with the statistics of each person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eegzoo.arguments import number_between, positive_int
from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.layers.person.batch_norm import by_person
from eegzoo.layers.person.person_statistics import person_layers, set_people
from eegzoo.models.base import EEGModel
from eegzoo.models.person_features import norm_features
from eegzoo.training.augmentation.augmentations import as_augmentations
from eegzoo.training.augmentation.mixup import Mixup
from eegzoo.training.by_person.statistics import with_person_statistics
from eegzoo.training.inputs.crops import even_crops
from eegzoo.training.inputs.fit_data import FitData
from eegzoo.training.inputs.people import people_of
from eegzoo.training.parallel.processes import current_process
from eegzoo.training.recipe import Recipe

OutputsOf = Callable[[EEGModel, Inputs], Tensor]


class StatisticsOfPeople:
    """Mixin of the estimators: batches by person, and statistics of each person.

    Attributes
    ----------
    by_person_ : bool
        Whether the model was trained with statistics of each person, which it has in use as well.
    """

    people_per_batch: int | None
    feature_drop_prob: float | None
    by_person_: bool = False
    adaptation_: Any = None
    model_: EEGModel
    normalizer_: Any
    settings: Callable[[], Recipe]

    def check_parameters(self) -> Recipe:
        """Check the parameters, and return `settings`.

        Raises
        ------
        ValueError, TypeError
            If a parameter is invalid. The message names the first one.
        """
        recipe: Recipe = super().check_parameters()  # type: ignore[misc]
        if self.people_per_batch is not None:
            positive_int("people_per_batch", self.people_per_batch)
            if any(isinstance(one, Mixup) for one in as_augmentations(recipe.augment)):
                raise ValueError(
                    "expected augment without mixup with people_per_batch, because mixed windows "
                    "are of two people"
                )
        if self.feature_drop_prob is not None:
            number_between("feature_drop_prob", self.feature_drop_prob, 0.0, 1.0)
            if self.people_per_batch is None:
                raise ValueError(
                    "expected people_per_batch with feature_drop_prob, whose z-scores are by person"
                )
        return recipe

    def _with_people(self, model: EEGModel, data: FitData) -> EEGModel:
        """Return a model that is to be trained, with statistics by person if they are wanted."""
        if self.people_per_batch is None:
            return model
        if data.people is None:
            raise ValueError(
                "expected groups with the person of each window for people_per_batch, got None"
            )
        if data.inputs.is_sequences:
            raise ValueError("expected single windows with people_per_batch, got sequences")
        if current_process().n_processes > 1:
            raise ValueError(
                "expected one process with people_per_batch, because a person's windows are not "
                f"divided among processes, got {current_process().n_processes}"
            )
        if self.feature_drop_prob is not None and model.feature_norm is None:
            norm_features(model, float(self.feature_drop_prob))
        if by_person(model):
            set_people(model, self.people_per_batch)
        return model

    def _set_by_person(self, model: EEGModel, before: bool = False) -> None:
        """Note whether a trained model has the statistics of each person in use."""
        layers = person_layers(model)
        self.by_person_ = before or (self.people_per_batch is not None and bool(layers))
        if layers:
            set_people(model, 1)

    def _outputs_by_person(self, inputs: Inputs, groups: Any, outputs_of: OutputsOf) -> Tensor:
        """Return outputs for aligned windows, of each person with the person's statistics.

        Parameters
        ----------
        inputs : Inputs
            Windows.
        groups : array, shape (n_windows,) | str | None
            Person of each window, as in `people_of`. None: all are of one person.
        outputs_of : callable
            Function of a model and windows that returns outputs.
        """
        has_statistics = self.adaptation_ is not None and "statistics" in self.adaptation_.how
        if not self.by_person_ or has_statistics or not len(inputs.X):
            return outputs_of(self.model_, inputs)
        people = people_of(inputs, groups)
        owner = np.zeros(len(inputs.X), np.int64)
        if people is not None:
            owner = np.unique(people, return_inverse=True)[1]
        outputs: Tensor | None = None
        for person in np.unique(owner):
            rows = np.flatnonzero(owner == person)
            mine = inputs.subset(rows)
            if len(rows) < 2:
                raise ValueError(
                    "expected two windows or more of a person, whose statistics the model takes, "
                    "got one; an adapted classifier takes single windows (adapt)"
                )
            model = with_person_statistics(self.model_, self._crops_of(mine).flatten(0, 1))
            found = outputs_of(model, mine)
            if outputs is None:
                outputs = found.new_empty(len(owner), *found.shape[1:])
            outputs[torch.from_numpy(rows)] = found
        return outputs_of(self.model_, inputs) if outputs is None else outputs

    def _crops_of(self, inputs: Inputs) -> Tensor:
        """Return crops (n_windows, n_crops, n_chans, n_times) of aligned windows, normalised."""
        normalized = torch.as_tensor(np.asarray(inputs.mapped(self.normalizer_.transform)[:]))
        weight = next(self.model_.parameters())
        crops = even_crops(normalized, self.model_.n_times, self.settings().n_crops)
        return crops.to(weight.device, weight.dtype)
