"""Recipes: named settings of the training."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from eegzoo.arguments import number_between, one_of, positive_int
from eegzoo.data.preprocessing.normalization import HOW
from eegzoo.training.augmentation.augmentations import as_augmentations
from eegzoo.training.augmentation.base import Augmentation
from eegzoo.training.augmentation.mixup import Mixup
from eegzoo.training.callbacks.learning_rate import SCHEDULES
from eegzoo.training.inputs.nights import NightSampler

CROPS = ("half", "whole")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Settings of the training that do not depend on the model or the device.

    Each setting is also a parameter of the estimators; None there selects the recipe's value.

    Parameters
    ----------
    normalize, crop_length, n_crops, augment, batch_size, lr, warmup, weight_decay
        As in `EEGClassifier`, but not None.
    clip_norm, ema, validation, patience, conv_l2
        As in `EEGClassifier`, but not None.
    max_epochs, sampler
        As in `EEGClassifier`.
    schedule : {"cosine", "constant"}
        What the learning rate does after the warm-up, unless `lr_scheduler` is given.
    stage_weight : mapping of str to float
        Weight in the loss of sleep stages by the AASM's names, however the labels spell them,
        unless `class_weight` is given. Others have the weight 1.

    Examples
    --------
    >>> from eegzoo.training import EEGClassifier
    >>> RECIPES["small"].normalize, RECIPES["small"].lr
    ('whiten', 0.01)
    >>> settings = EEGClassifier(recipe="small", lr=0.02).settings()
    >>> settings.normalize, settings.lr
    ('whiten', 0.02)
    """

    normalize: str
    crop_length: int | str
    n_crops: int
    augment: Sequence[str | Augmentation | Mixup]
    max_epochs: int | None
    batch_size: int
    lr: float
    warmup: float
    weight_decay: float
    clip_norm: float
    ema: float
    validation: object
    patience: int
    conv_l2: float = 0.0
    sampler: NightSampler | None = None
    schedule: str = "cosine"
    stage_weight: Mapping[str, float] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        one_of("normalize", self.normalize, HOW)
        if isinstance(self.crop_length, str):
            one_of("crop_length", self.crop_length, CROPS)
        else:
            positive_int("crop_length", self.crop_length)
        positive_int("n_crops", self.n_crops)
        as_augmentations(self.augment)
        if self.max_epochs is not None:
            positive_int("max_epochs", self.max_epochs)
        positive_int("batch_size", self.batch_size)
        number_between("lr", self.lr, 0.0, above=True)
        number_between("warmup", self.warmup, 0.0, 1.0)
        number_between("weight_decay", self.weight_decay, 0.0)
        number_between("clip_norm", self.clip_norm, 0.0)
        for name in ("ema", "validation"):
            share = getattr(self, name)
            if hasattr(share, "get_n_splits"):  # a splitter
                continue
            if number_between(name, share, 0.0, 1.0) == 1.0:
                raise ValueError(f"expected {name} to be below 1, got {share!r}")
        positive_int("patience", self.patience, at_least=0)
        if self.patience and self.validation == 0:
            raise ValueError(f"expected validation with patience, got patience {self.patience}")
        number_between("conv_l2", self.conv_l2, 0.0)
        one_of("schedule", self.schedule, SCHEDULES)
        if self.sampler is not None:
            self._check_sampler()

    def _check_sampler(self) -> None:
        if not isinstance(self.sampler, NightSampler):
            raise TypeError(f"expected sampler to be a NightSampler, got {self.sampler!r}")
        if self.crop_length != "whole":
            raise ValueError(f"expected crop_length 'whole' with sampler, got {self.crop_length!r}")
        if any(isinstance(each, Mixup) for each in as_augmentations(self.augment)):
            raise ValueError("expected no mixup with sampler, because states cannot be mixed")

    def epochs(self, n_batches: int) -> int:
        """Return the number of passes over the windows, for a number of batches in each pass."""
        if self.max_epochs is not None:
            return self.max_epochs
        return min(100, max(20, round(250 / n_batches)))


RECIPES = {
    "small": Recipe(
        normalize="whiten", crop_length="half", n_crops=9, augment=(), max_epochs=None,
        batch_size=16, lr=1e-2, warmup=0.0, weight_decay=0.0, clip_norm=0.0, ema=0.0,
        validation=0.0, patience=0,
    ),
    "plain": Recipe(
        normalize="standardize", crop_length="whole", n_crops=1, augment=(), max_epochs=None,
        batch_size=16, lr=1e-3, warmup=0.0, weight_decay=0.0, clip_norm=0.0, ema=0.0,
        validation=0.0, patience=0,
    ),
    "tinysleepnet": Recipe(
        normalize="none", crop_length="whole", n_crops=1, augment=(), max_epochs=200,
        batch_size=15, lr=1e-4, warmup=0.0, weight_decay=0.0, clip_norm=5.0, ema=0.0,
        validation=0.1, patience=50, conv_l2=1e-3,
        sampler=NightSampler(sequence_length=20, max_skip=4, max_shift=0.1),
        schedule="constant", stage_weight={"N1": 1.5},
    ),
}  # fmt: skip
# Parameters of the estimators; the others have one of another name there.
_ONLY_HERE = ("schedule", "stage_weight")
SETTINGS = tuple(field.name for field in dataclasses.fields(Recipe) if field.name not in _ONLY_HERE)


def find_recipe(name: str) -> Recipe:
    """Return the recipe with the given name, or raise a ValueError if there is none."""
    return RECIPES[one_of("recipe", name, tuple(RECIPES))]
