"""Recipes: named settings of the training."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from eegzoo.arguments import number_between, one_of, positive_int
from eegzoo.data.preprocessing.normalization import HOW
from eegzoo.training.augmentation.augmentations import as_augmentations
from eegzoo.training.augmentation.base import Augmentation
from eegzoo.training.augmentation.mixup import Mixup

CROPS = ("half", "whole")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Settings of the training that do not depend on the model or the device.

    Each setting is also a parameter of the estimators; None there selects the recipe's value.

    Parameters
    ----------
    normalize : {"whiten", "standardize", "window", "exponential", "none"}
        Normalisation of the channels (`fit_normalizer`).
    crop_length : int | {"half", "whole"}
        Length in samples of the random crops for training. "half" is half a window, or the whole
        window if half is shorter than a second or too short for the model.
    n_crops : int
        Number of evenly spaced crops of a window over which a prediction is averaged.
    augment : sequence of str | Augmentation | Mixup
        Augmentations of training windows: names in `eegzoo.training.AUGMENTATIONS`, or objects.
    max_epochs : int | None
        Number of passes over the windows. None: as many as 250 batches need, but at least 20 and
        at most 100.
    batch_size : int
        Approximate number of windows in a batch, over all processes.
    lr : float
        Maximum of the learning rate.
    warmup : float
        Fraction of the batches in which the learning rate rises linearly to `lr`. Afterwards it
        falls to zero along a cosine.
    weight_decay : float
        Decoupled weight decay of AdamW.
    clip_norm : float
        Maximum norm of the gradient in a step; larger gradients are scaled down. 0: no clipping.
    ema : float
        Decay of the exponential moving average of the weights, which the trained model has. 0: it
        has the last weights.
    validation : float | splitter
        Fraction of the windows for validation, split by groups if they are known, or a splitter of
        scikit-learn, whose first split is used. Training windows that overlap those for validation
        or are of the same block are left out with a warning; a splitter that separates such windows
        raises an error, unless it is an `AllowLeakage`. The trained model has the weights of the
        epoch with the smallest validation loss. 0: no validation.
    patience : int
        Number of epochs without a smaller validation loss after which training stops. 0: it does
        not stop early.

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
}  # fmt: skip
SETTINGS = tuple(field.name for field in dataclasses.fields(Recipe))


def find_recipe(name: str) -> Recipe:
    """Return the recipe with the given name, or raise a ValueError if there is none."""
    return RECIPES[one_of("recipe", name, tuple(RECIPES))]
