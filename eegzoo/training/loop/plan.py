"""Everything that a training is made of, before it starts."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any

from eegzoo.models.base import EEGModel
from eegzoo.training.inputs.crops import RandomCrops
from eegzoo.training.inputs.nights import NightBatches
from eegzoo.training.inputs.person_batches import PersonBatches
from eegzoo.training.inputs.stored.blocks import BlockBatches, BlockSampler
from eegzoo.training.inputs.training_set import TrainingSet
from eegzoo.training.loop.replacements import Replacements
from eegzoo.training.loop.run_options import RunOptions
from eegzoo.training.parallel.processes import ProcessInfo, current_process
from eegzoo.training.recipe import Recipe
from eegzoo.training.targets.targets import Targets

TrainingBatches = RandomCrops | NightBatches


@dataclasses.dataclass(frozen=True)
class TrainingPlan:
    """Model, data and settings of a training.

    Parameters
    ----------
    model : EEGModel
        Model, which is trained in place. Its outputs are those that `targets` expects.
    data : TrainingSet
        Normalised windows.
    targets : Targets
        What the outputs stand for.
    recipe : Recipe
        Settings; the normalisation has been applied.
    run : RunOptions
        Where and how it computes.
    crop_length : int
        Number of samples in a crop.
    seed : int
        Seed of the order of windows, crops, augmentations and dropout.
    replaced : Replacements
        Parts of the recipe that the user replaced.
    process : ProcessInfo
        This process among those that train together.
    people_per_batch : int | None
        Number of people in a batch, with the same number of windows of each. None: windows are
        drawn whoever they are of.
    """

    model: EEGModel
    data: TrainingSet
    targets: Targets
    recipe: Recipe
    run: RunOptions
    crop_length: int
    seed: int
    replaced: Replacements = dataclasses.field(default_factory=Replacements)
    process: ProcessInfo = dataclasses.field(default_factory=current_process)
    people_per_batch: int | None = None

    @cached_property
    def batches(self) -> TrainingBatches:
        """Training batches, of each the share of this process."""
        if self.data.runs is not None:
            if self.process.n_processes > 1:
                raise ValueError(
                    f"expected one process with sampler, got {self.process.n_processes}"
                )
            if self.people_per_batch is not None:
                raise ValueError("expected sampler or people_per_batch, got both")
        if self.people_per_batch is not None or self.data.runs is not None:
            return self.whole_batches
        return self._crops(self.process)

    @cached_property
    def whole_batches(self) -> TrainingBatches:
        """The same batches undivided, for statistics of batch normalisation."""
        if self.data.runs is not None and self.recipe.nights is not None:
            return NightBatches(self.data, self.recipe.batch_size, self.recipe.nights)
        if self.people_per_batch is not None:
            if isinstance(self.recipe.sampler, BlockSampler):
                raise ValueError("expected sampler or people_per_batch, got both")
            return PersonBatches(
                self.data, self.recipe.batch_size, self.crop_length, self.people_per_batch
            )
        return self._crops(ProcessInfo())

    def _crops(self, process: ProcessInfo) -> RandomCrops:
        windows = self.data, self.recipe.batch_size, self.crop_length
        if isinstance(self.recipe.sampler, BlockSampler):
            return BlockBatches(*windows, self.recipe.sampler, process)
        return RandomCrops(*windows, process)

    @cached_property
    def n_epochs(self) -> int:
        """Number of epochs of a whole training."""
        return self.recipe.epochs(len(self.batches))

    def describe(self) -> dict[str, Any]:
        """Return the settings that the result depends on, besides model and data."""
        # A splitter is identified by the windows that it chose.
        settings = {
            name: value for name, value in vars(self.recipe).items() if name != "validation"
        }
        return {
            **settings,
            "crop_length": self.crop_length,
            **({"people_per_batch": n} if (n := self.people_per_batch) else {}),
            "seed": self.seed,
            "precision": self.run.precision,
            "processes": self.process.n_processes,
            "targets": self.targets.to_dict(),
            "replaced": self.replaced.describe(),
        }
