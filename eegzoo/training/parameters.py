"""Parameters of the estimators, and their checks."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

from eegzoo.arguments import number_between, one_of, positive_int
from eegzoo.data.preprocessing.by_person.person_alignment import PersonAlignment, as_alignment
from eegzoo.data.signal import amplitude
from eegzoo.training.inputs.nights import NightSampler
from eegzoo.training.inputs.stored.blocks import BlockSampler
from eegzoo.training.loop.net import PRECISIONS
from eegzoo.training.loop.replacements import Replacements
from eegzoo.training.loop.run_options import RunOptions, check_device, resolve_device
from eegzoo.training.model_building import ModelSource, check_model
from eegzoo.training.part_options import PartOptions
from eegzoo.training.recipe import SETTINGS, Recipe, find_recipe


class Parameters(PartOptions):
    """Base class with the parameters of the estimators, which `EEGClassifier` documents."""

    def __init__(
        self,
        model: ModelSource = "eegnet",
        *,
        model_params: Mapping[str, Any] | None = None,
        sfreq: float | None = None,
        recipe: str | Recipe = "small",
        align: str | PersonAlignment | None = None,
        normalize: str | None = None,
        crop_length: int | str | None = None,
        n_crops: int | None = None,
        augment: Sequence[Any] | None = None,
        max_epochs: int | None = None,
        batch_size: int | None = None,
        lr: float | None = None,
        warmup: float | None = None,
        weight_decay: float | None = None,
        clip_norm: float | None = None,
        ema: float | None = None,
        validation: Any = None,
        patience: int | None = None,
        conv_l2: float | None = None,
        sampler: NightSampler | BlockSampler | None = None,
        layer_decay: float | None = None,
        people_per_batch: int | None = None,
        feature_drop_prob: float | None = None,
        precision: str = "float32",
        check_signal: str = "raise",
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: int | None = None,
        device: str = "auto",
        compile: bool = False,
        random_state: Any = None,
        verbose: int = 0,
        callbacks: Sequence[Any] | None = None,
        optimizer: Any = None,
        criterion: Any = None,
        lr_scheduler: Any = None,
        **options: Any,
    ) -> None:
        self.model = model
        self.model_params = model_params
        self.sfreq = sfreq
        self.recipe = recipe
        self.align = align
        self.normalize = normalize
        self.crop_length = crop_length
        self.n_crops = n_crops
        self.augment = augment
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.warmup = warmup
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.ema = ema
        self.validation = validation
        self.patience = patience
        self.conv_l2 = conv_l2
        self.sampler = sampler
        self.layer_decay = layer_decay
        self.people_per_batch = people_per_batch
        self.feature_drop_prob = feature_drop_prob
        self.precision = precision
        self.check_signal = check_signal
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.device = device
        self.compile = compile
        self.random_state = random_state
        self.verbose = verbose
        self.callbacks = callbacks
        self.optimizer = optimizer
        self.criterion = criterion
        self.lr_scheduler = lr_scheduler
        self._keep_options(options)

    def settings(self) -> Recipe:
        """Return the parameters that are not None, with the recipe's values for the others."""
        given = {name: getattr(self, name) for name in SETTINGS}
        changes = {name: value for name, value in given.items() if value is not None}
        return dataclasses.replace(find_recipe(self.recipe), **changes)

    def check_parameters(self) -> Recipe:
        """Check the parameters, and return `settings`.

        Raises
        ------
        ValueError, TypeError
            If a parameter is invalid. The message names the first one.
        """
        self._check_options()
        check_model(self.model, self.model_params or {}, self.sfreq)
        if self.sfreq is not None:
            number_between("sfreq", self.sfreq, 0.0, above=True)
        one_of("check_signal", self.check_signal, amplitude.HOW)
        one_of("precision", self.precision, PRECISIONS)
        check_device(self.device)
        if self.checkpoint is not None and not isinstance(self.random_state, Integral):
            raise ValueError(
                "expected random_state to be an int with checkpoint, because training can resume "
                f"only with the same seed, got {self.random_state!r}"
            )
        if self.checkpoint_every is not None:
            positive_int("checkpoint_every", self.checkpoint_every)
        as_alignment(self.align)
        return self.settings()

    def _run_options(self) -> RunOptions:
        return RunOptions(
            resolve_device(self.device), self.precision, self.compile, self.verbose,
            tuple(self.callbacks or ()), self.checkpoint, self.checkpoint_every,
        )  # fmt: skip

    def _replacements(self) -> Replacements:
        return Replacements(self.optimizer, self.criterion, self.lr_scheduler, self._options)
