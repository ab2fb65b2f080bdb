"""Classifier of EEG windows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin

from eegzoo.data.preprocessing.by_person.person_alignment import PersonAlignment
from eegzoo.training.adaptation.calibrates import CalibratesToPeople
from eegzoo.training.adaptation.pseudo_labels import PseudoLabels
from eegzoo.training.estimator import EEGEstimator
from eegzoo.training.inputs.causal_training import CausalTraining
from eegzoo.training.inputs.class_labels import read_labels, stage_weights
from eegzoo.training.inputs.fit_data import FitData
from eegzoo.training.inputs.nights import NightSampler
from eegzoo.training.inputs.stored.blocks import BlockSampler
from eegzoo.training.model_building import ModelSource
from eegzoo.training.partial_fit import PartialFit
from eegzoo.training.pretrained import PretrainedMixin
from eegzoo.training.recipe import Recipe
from eegzoo.training.targets.targets import Classes, LabelSets, Targets

Array = npt.NDArray[Any]


class EEGClassifier(
    PartialFit, CausalTraining, CalibratesToPeople, ClassifierMixin, PretrainedMixin, EEGEstimator
):
    """Classifier of EEG windows with the interface of scikit-learn.

    Parameters that are None take the value of the `recipe`. If y is an indicator of shape
    (n_windows, n_labels), each window can have several labels. If X has an additional first axis,
    the model is trained on sequences of consecutive windows.

    Parameters
    ----------
    model : str | nn.Module | type
        Name of a model (`eegzoo.list_models`), which is built to fit the data; or a model or any
        module of torch, which is copied in each fit and trained from its current weights; or a
        class of modules. Modules map (batch, n_chans, n_times) to logits (batch, n_outputs). The
        constructor of a class gets `model_params`, and those of ``n_chans``, ``n_times``,
        ``n_outputs``, ``sfreq`` and ``ch_names`` that it names.
    class_weight : "balanced" | mapping | None
        Weight of each label in the loss. "balanced" gives all labels the same total weight. None:
        labels weigh the same, or stages as the recipe has them.
    model_params : mapping | None
        Additional arguments of a named model or of a class.
    sfreq : float | None
        Sampling rate of arrays in Hz. A named model requires it, because the lengths of its
        kernels depend on it. Epochs and data sets provide their own.
    recipe : str | Recipe
        Source of the parameters that are None: for small sets of trials ("small"), whole windows
        without any other technique ("plain"), pretrained models ("finetune", "linear_probe",
        "lora"), or as published ("tinysleepnet", "labram", "cbramod").
    align : {"zscore", "euclid", "riemann"} | PersonAlignment | None
        Alignment of each person's windows (`PersonAlignment`) before the normalisation, by these
        windows alone, in `fit` and in use: of each group in `groups`, or of each subject of a data
        set. Without either all windows are taken to be of one person. No labels are read. None: no
        alignment.
    causal : bool
        Whether the classifier is for streams, and trained on what a stream sees: `align` takes the
        windows of a person up to each window, in training and in use, and whatever needs later
        samples or windows is refused by name. Filters run forwards only in a causal preprocessing
        (`eegzoo.data.as_causal`). It is checked wherever a preprocessing is known: in `fit`, of
        windows from `EpochsDataset.from_recordings`; in `save`; and in streams.
    normalize : {"whiten", "standardize", "window", "exponential", "none"} | None
        Normalisation of the channels (`fit_normalizer`), fitted on the training windows and saved
        with the model.
    crop_length : int | {"half", "whole"} | None
        Length in samples of the random crops for training. "half" is half a window, or the whole
        window if half is shorter than a second or too short for the model. A given model has its
        own length. None: whole windows for a module of your own; if it takes others, set theirs.
    n_crops : int | None
        Number of evenly spaced crops of a window over which a prediction is averaged.
    augment : sequence of str | Augmentation | Mixup | None
        Augmentations of training windows: names in `eegzoo.training.AUGMENTATIONS`, or objects.
    max_epochs : int | None
        Number of passes over the windows. If it is None in the recipe as well, there are as many
        as 250 batches need, but at least 20 and at most 100.
    batch_size : int | None
        Approximate number of windows in a batch, over all processes.
    lr : float | None
        Maximum of the learning rate, which falls to zero along a cosine.
    warmup : float | None
        Fraction of the batches in which the learning rate rises to `lr`.
    weight_decay : float | None
        Decoupled weight decay of AdamW.
    clip_norm : float | None
        Maximum norm of the gradient in a step. 0: no clipping.
    ema : float | None
        Decay of the exponential moving average of the weights, which the trained model has. 0: it
        has the last weights.
    validation : float | splitter | None
        Fraction of the windows for validation, split by groups if they are known, or a splitter of
        scikit-learn, whose first split is used. Training windows that overlap those for validation
        or are of the same block are left out with a warning; a splitter that separates such windows
        raises an error, unless it is an `AllowLeakage`. The trained model has the weights of the
        epoch with the smallest validation loss. 0: no validation.
    patience : int | None
        Number of epochs without a smaller validation loss after which training stops. 0: it does
        not stop early.
    conv_l2 : float | None
        Weight in the loss of half the squared norm of the convolutions' kernels. 0: none.
    sampler : NightSampler | BlockSampler | None
        `BlockSampler`: windows are read in blocks, for stores that are slow or far. `NightSampler`:
        batches of consecutive windows of recordings, for models that carry a state from window to
        window. X is then windows with their recordings and onsets, such as an `EpochsDataset`, or
        sequences, of which each is one recording (`Sequences.of` with n_windows None). `batch_size`
        is the number of recordings. None: windows, or sequences, in random order.
    layer_decay : float | None
        Learning rate of each part, or layer of a transformer, divided by that of the next one; the
        head learns at `lr`. Values below 1 are for fine-tuning.
    people_per_batch : int | None
        Number of people in a batch, each with the same number of windows. Batch normalisation then
        takes its statistics by person, in training and in use: the windows of a person are
        classified together. People are the groups of `fit` or the subjects of a data set. None:
        batches of windows whoever they are of.
    feature_drop_prob : float | None
        Dropout of the features as z-scores by person, which the head takes (`norm_features`), with
        `people_per_batch`. None: the features as they are.
    precision : {"float32", "bfloat16", "float16"}
        Precision of the computation in training; mixed precision below float32.
    check_signal : {"raise", "warn", "ignore"}
        Reaction to amplitudes that cannot be microvolts of EEG, or in predictions are far from
        those in training.
    checkpoint : path-like | None
        Folder for a checkpoint after each epoch. An interrupted training resumes when `fit` is
        called again, and ends with the same weights bit for bit. Each combination of data and
        settings has its own file.
    checkpoint_every : int | None
        Number of training steps after which the state is stored within an epoch as well. None: only
        after each epoch.
    device : str
        Device, such as "cpu" or "cuda"; "auto" selects the GPU if there is one.
    compile : bool
        Whether to compile the model with `torch.compile`. This takes about a minute, so it is
        useful for long trainings only.
    random_state : int | RandomState | None
        Seed of initial weights, order of windows, crops, augmentations and dropout. With an int,
        repeated fits give the same result.
    verbose : int
        If 1, a progress bar is shown, and at the end the epoch that the weights are from.
    callbacks : sequence of skorch.callbacks.Callback | None
        skorch's callbacks, or your own, for the training loop.
    optimizer : type | None
        Optimizer class of torch; ``optimizer__momentum=0.9`` and the like are its arguments. None:
        AdamW with `weight_decay`.
    criterion : type | callable | None
        Loss of logits and targets: a class of losses, whose arguments are ``criterion__*``, a
        module, or a function. None: cross-entropy, for which ``criterion__label_smoothing=0.1``
        works as well. Predicted probabilities are the softmax of the logits whatever the loss is.
    lr_scheduler : type | str | skorch.callbacks.LRScheduler | None
        Scheduler class of torch, stepped after each epoch, or skorch's callback; its arguments are
        ``lr_scheduler__*``. None: `warmup`, then a cosine.
    calibration : {"temperature", "adapted"} | None
        Calibration on held-out people: models are trained on parts of the people, as in five-fold
        cross-validation, and their outputs for the others tell the temperature that logits are
        divided by, and all that `predict_set` and `abstention` need. People are the groups of
        `fit` or, without these, the subjects of a data set. With one person, other windows of this
        person are held out, and a warning says so. "adapted" also adapts the models to each person
        held out (`adapt`), and calibrates the classifiers that `adapt` returns. None: no
        calibration.
    pseudo_labels : PseudoLabels | None
        How `adapt` uses labels that the classifier gives itself; saved with the weights. None: the
        defaults.
    **options
        Arguments of these parts, such as ``optimizer__momentum``. A grid search can also vary
        ``model_params__F1``.

    Attributes
    ----------
    classes_ : array, shape (n_classes,)
        Labels as in y; for an indicator, the indices of its columns.
    model_ : EEGModel
        Trained model. A module of your own is its ``module``.
    normalizer_ : Normalizer
        Fitted normalisation of the channels.
    align_ : PersonAlignment | None
        Alignment that the classifier was trained with.
    alignment_ : FittedAlignment | None
        Alignment to one person, if the classifier is for this person.
    signal_info_ : SignalInfo | None
        Channels, sampling rate and window of the training epochs; None for arrays.
    amplitude_ : float | None
        Robust amplitude of the training windows in microvolts.
    n_chans_, n_times_ : int
        Number of channels, and of samples in a window.
    calibration_ : Calibration | None
        Outputs for held-out people, their number and the temperature.
    history_ : History
        One row for each epoch: learning rate, losses, validation score.
    best_epoch_ : int
        Epoch, from 1, that the weights are from: the best by the validation loss, or by the value
        that skorch's `EarlyStopping` in `callbacks` monitors; without these, the last one.

    See Also
    --------
    EEGRegressor : Regressor with the same parameters.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=40, random_state=0)
    >>> epochs = mne.Epochs(raw, tmin=0, tmax=4, baseline=None, preload=True, verbose=False)
    >>> classifier = EEGClassifier("eegnet", max_epochs=2, random_state=0).fit(epochs)
    >>> classifier.predict(epochs).shape, classifier.classes_.tolist()
    ((40,), ['left_hand', 'right_hand'])
    """

    _target_types = (Classes, LabelSets)

    def __init__(
        self,
        model: ModelSource = "eegnet",
        *,
        class_weight: str | Mapping[Any, float] | None = None,
        model_params: Mapping[str, Any] | None = None,
        sfreq: float | None = None,
        recipe: str | Recipe = "small",
        align: str | PersonAlignment | None = None,
        causal: bool = False,
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
        calibration: str | None = None,
        pseudo_labels: PseudoLabels | None = None,
        **options: Any,
    ) -> None:
        super().__init__(
            model, model_params=model_params, sfreq=sfreq, recipe=recipe, align=align,
            normalize=normalize, crop_length=crop_length, n_crops=n_crops, augment=augment,
            max_epochs=max_epochs, batch_size=batch_size, lr=lr, warmup=warmup,
            weight_decay=weight_decay, clip_norm=clip_norm, ema=ema, validation=validation,
            patience=patience, conv_l2=conv_l2, sampler=sampler, layer_decay=layer_decay,
            people_per_batch=people_per_batch, feature_drop_prob=feature_drop_prob,
            precision=precision, check_signal=check_signal, checkpoint=checkpoint,
            checkpoint_every=checkpoint_every, device=device, compile=compile,
            random_state=random_state, verbose=verbose, callbacks=callbacks, optimizer=optimizer,
            criterion=criterion, lr_scheduler=lr_scheduler, **options,
        )  # fmt: skip
        self.class_weight = class_weight
        self.calibration = calibration
        self.pseudo_labels = pseudo_labels
        self.causal = causal

    def _read_targets(
        self, data: FitData, known: Targets | None = None, classes: Any = None
    ) -> tuple[Targets, FitData]:
        class_weight = self.class_weight
        if class_weight is None:
            class_weight = stage_weights(data, self.settings().stage_weight)
        return read_labels(data, class_weight, known, classes)

    def _set_targets(self, targets: Targets) -> None:
        super()._set_targets(targets)
        known = targets.classes if isinstance(targets, Classes) else np.arange(targets.n_outputs)
        self.classes_ = known

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
