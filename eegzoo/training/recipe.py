"""Recipes: named settings of the training."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from eegzoo.arguments import number_between, one_of, positive_int
from eegzoo.data.preprocessing.normalization import HOW
from eegzoo.training.augmentation.augmentations import as_augmentations
from eegzoo.training.augmentation.base import Augmentation
from eegzoo.training.augmentation.mixup import Mixup
from eegzoo.training.callbacks.learning_rate import SCHEDULES
from eegzoo.training.inputs.nights import NightSampler
from eegzoo.training.inputs.stored.blocks import BlockSampler

CROPS = ("half", "whole")
TRAINS = ("all", "head", "lora")


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
    max_epochs, sampler, layer_decay
        As in `EEGClassifier`.
    schedule : {"cosine", "constant"}
        What the learning rate does after the warm-up, unless `lr_scheduler` is given.
    stage_weight : mapping of str to float
        Weight in the loss of sleep stages by the AASM's names, however the labels spell them,
        unless `class_weight` is given. Others have the weight 1.
    trains : {"all", "head", "lora"}
        What is trained: all weights; the head alone, on features that are computed once; or the
        head and low-rank changes of the linear layers before it.
    lora_rank : int
        Rank of these changes, for "lora".
    backbone_lr : float
        Learning rate of all parts before the head, as a multiple of `lr`.
    label_smoothing : float
        Share of the targets that is spread over all classes, unless `criterion` is given.
    decay_matrices_only : bool
        Whether biases, factors of normalisations and other vectors have no weight decay.
    recompute_layers : bool
        Whether the layers of a transformer are computed again for their gradients, which takes a
        third more time and the memory of one layer at a time.

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
    sampler: NightSampler | BlockSampler | None = None
    schedule: str = "cosine"
    stage_weight: Mapping[str, float] = dataclasses.field(default_factory=dict)
    layer_decay: float = 1.0
    trains: str = "all"
    lora_rank: int = 8
    backbone_lr: float = 1.0
    label_smoothing: float = 0.0
    decay_matrices_only: bool = False
    recompute_layers: bool = False

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
        number_between("layer_decay", self.layer_decay, 0.0, 1.0, above=True)
        one_of("trains", self.trains, TRAINS)
        positive_int("lora_rank", self.lora_rank)
        number_between("backbone_lr", self.backbone_lr, 0.0)
        number_between("label_smoothing", self.label_smoothing, 0.0, 1.0)
        if self.sampler is not None:
            self._check_sampler()

    def _check_sampler(self) -> None:
        if isinstance(self.sampler, BlockSampler):
            return
        if not isinstance(self.sampler, NightSampler):
            raise TypeError(
                f"expected sampler to be a NightSampler or BlockSampler, got {self.sampler!r}"
            )
        if self.crop_length != "whole":
            raise ValueError(f"expected crop_length 'whole' with sampler, got {self.crop_length!r}")
        if any(isinstance(each, Mixup) for each in as_augmentations(self.augment)):
            raise ValueError("expected no mixup with sampler, because states cannot be mixed")

    @property
    def nights(self) -> NightSampler | None:
        """Sampler of consecutive windows along recordings; None: windows are drawn singly."""
        return self.sampler if isinstance(self.sampler, NightSampler) else None

    def epochs(self, n_batches: int) -> int:
        """Return the number of passes over the windows, for a number of batches in each pass."""
        if self.max_epochs is not None:
            return self.max_epochs
        return min(100, max(20, round(250 / n_batches)))


# Pretrained models bring their input to their own scale, and take whole windows.
_WHOLE: dict[str, Any] = {
    "normalize": "none", "crop_length": "whole", "n_crops": 1, "augment": (), "ema": 0.0,
    "validation": 0.0, "patience": 0,
}  # fmt: skip
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
    "finetune": Recipe(
        **_WHOLE, max_epochs=30, batch_size=32, lr=5e-4, warmup=0.1, weight_decay=0.05,
        clip_norm=3.0, layer_decay=0.65, label_smoothing=0.1, decay_matrices_only=True,
    ),
    "linear_probe": Recipe(
        **_WHOLE, max_epochs=100, batch_size=32, lr=1e-2, warmup=0.0, weight_decay=1e-2,
        clip_norm=0.0, trains="head",
    ),
    "lora": Recipe(
        **_WHOLE, max_epochs=30, batch_size=32, lr=1e-3, warmup=0.1, weight_decay=0.0,
        clip_norm=3.0, label_smoothing=0.1, trains="lora",
    ),
    # As on TUAB in the authors' README, commit c431221, where eight GPUs have 64 windows each.
    "labram": Recipe(
        **_WHOLE, max_epochs=50, batch_size=512, lr=5e-4, warmup=0.1, weight_decay=0.05,
        clip_norm=0.0, layer_decay=0.65, label_smoothing=0.1, decay_matrices_only=True,
    ),
    # The defaults of the authors' finetune_main.py, commit b9e9610.
    "cbramod": Recipe(
        **_WHOLE, max_epochs=50, batch_size=64, lr=5e-4, warmup=0.0, weight_decay=0.05,
        clip_norm=1.0, backbone_lr=0.2, label_smoothing=0.1,
    ),
}  # fmt: skip
# Parameters of the estimators; the others have one of another name there.
_ONLY_HERE = (
    "schedule", "stage_weight", "trains", "lora_rank", "backbone_lr", "label_smoothing",
    "decay_matrices_only", "recompute_layers",
)  # fmt: skip
SETTINGS = tuple(field.name for field in dataclasses.fields(Recipe) if field.name not in _ONLY_HERE)


def find_recipe(name: str | Recipe) -> Recipe:
    """Return the recipe with the given name, or raise a ValueError if there is none."""
    if isinstance(name, Recipe):
        return name
    return RECIPES[one_of("recipe", name, tuple(RECIPES))]
