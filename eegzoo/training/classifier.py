"""A scikit-learn classifier around a model of the zoo."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score

from eegzoo.data.preprocessing.normalization import Normalizer
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.models.base import EEGModel
from eegzoo.training.estimator import EEGEstimator
from eegzoo.training.inputs.fit_data import Given
from eegzoo.training.targets.class_labels import read_labels
from eegzoo.training.targets.targets import Classes, LabelSets, Targets
from eegzoo.weights.catalogue import find_weights
from eegzoo.weights.weights import Weights
from eegzoo.weights.zoo import load_weights

Array = npt.NDArray[Any]


class EEGClassifier(ClassifierMixin, EEGEstimator):
    """A classifier of EEG windows, as scikit-learn has classifiers.

    Where the default of a setting is None, the `recipe` has it. Windows of several labels at once
    are learnt where y is an indicator (n_windows, n_labels); sequences of windows where X has an
    axis more.

    Parameters
    ----------
    model : str | EEGModel
        Name of a model (`eegzoo.list_models`), built to fit the data; or a model, which is copied
        and trained on from its present weights.
    class_weight : "balanced" | mapping | None
        Weight of each label in the loss. "balanced": as if all labels were equally frequent.
    model_params : mapping | None
        More arguments of the named model.
    sfreq : float | None
        Sampling rate of arrays in Hz. None: what the model's class assumes. MNE's epochs bring
        their own.
    recipe : {"small", "plain"}
        Settings for all arguments that are None. "small" is for small sets of trials; with
        "plain" windows are standardised and whole, and all else is off.
    normalize : {"whiten", "standardize", "window", "exponential", "none"} | None
        How channels are normalised (`fit_normalizer`); fitted on the training windows and kept
        with the model.
    crop_length : int | {"half", "whole"} | None
        Samples of the random crops that it trains on. "half" is half a window, or all of it where
        half is less than a second or less than the model can take. A given model has its own.
    n_crops : int | None
        Evenly spaced crops of a window that a prediction averages over.
    augment : sequence of str | Augmentation | Mixup | None
        How training windows are varied: names of `eegzoo.training.AUGMENTATIONS`, or objects.
    max_epochs : int | None
        Passes over the windows. None in the recipe too: as many as make 250 batches, but from 20
        to 100.
    batch_size : int | None
        About how many windows a batch holds, in all processes together.
    lr : float | None
        Learning rate at its height; it falls to zero along a cosine.
    warmup : float | None
        Share of the batches in which it first rises.
    weight_decay : float | None
        Of Adam, decoupled.
    clip_norm : float | None
        Largest norm of a step's gradient. 0: any.
    ema : float | None
        Decay of the moving average of the weights, which is what is kept. 0: the weights are.
    validation : float | splitter | None
        Share of the windows kept for validation, by groups where they are known; or a splitter of
        scikit-learn, whose first split is taken. The weights of the epoch with the smallest
        validation loss are kept. 0: none.
    patience : int | None
        Epochs without a smaller validation loss after which the training stops. 0: it never does.
    layer_decay : float
        What a part's learning rate is of the next one's, the head's being `lr`: below 1 for
        training on from trained weights.
    precision : {"float32", "bfloat16", "float16"}
        Of the computation in training; below float32 it is mixed precision.
    check_signal : {"raise", "warn", "ignore"}
        What to do about amplitudes that cannot be microvolts of EEG, or in use are far from those
        of the training.
    checkpoint : path-like | None
        Folder where each epoch leaves what a killed training goes on from: the same fit, called
        again, ends with the same weights bit for bit. Trainings that differ in data or settings
        have files of their own.
    device : str
        Where to compute: "cpu", "cuda", ...; "auto" takes a GPU if there is one.
    compile : bool
        Whether to train with `torch.compile`: worth its minute of compiling for long trainings.
    random_state : int | RandomState | None
        Seed of initial weights, order, crops, augmentation and dropout. With an int a fit gives
        the same result whatever was drawn before.
    verbose : int
        1 shows a progress bar.
    callbacks : sequence of skorch.callbacks.Callback | None
        Called along the training.

    Attributes
    ----------
    classes_ : array, shape (n_classes,)
        Labels, as they were given; of an indicator the numbers of its columns.
    model_ : EEGModel
        The trained model.
    normalizer_ : Normalizer
        The channels' normalisation.
    signal_info_ : SignalInfo | None
        Channels, sampling rate and window of the epochs it was fitted on; None for arrays.
    amplitude_ : float | None
        Robust amplitude of the training windows in microvolts.
    n_chans_, n_times_ : int
        Shape of a window.
    history_ : History
        A row for each epoch: learning rate, losses, the validation's score.

    See Also
    --------
    EEGRegressor : The same for numbers.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=40, random_state=0)
    >>> epochs = mne.Epochs(raw, tmin=0, tmax=4, baseline=None, preload=True, verbose=False)
    >>> classifier = EEGClassifier("eegnet", max_epochs=2, random_state=0).fit(epochs)
    >>> classifier.predict(epochs).shape, classifier.classes_.tolist()
    ((40,), ['left_hand', 'right_hand'])
    """

    _kinds = (Classes, LabelSets)

    def __init__(
        self,
        model: str | EEGModel = "eegnet",
        *,
        class_weight: str | Mapping[Any, float] | None = None,
        model_params: Mapping[str, Any] | None = None,
        sfreq: float | None = None,
        recipe: str = "small",
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
        layer_decay: float = 1.0,
        precision: str = "float32",
        check_signal: str = "raise",
        checkpoint: str | os.PathLike[str] | None = None,
        device: str = "auto",
        compile: bool = False,
        random_state: Any = None,
        verbose: int = 0,
        callbacks: Sequence[Any] | None = None,
    ) -> None:
        super().__init__(
            model, model_params=model_params, sfreq=sfreq, recipe=recipe, normalize=normalize,
            crop_length=crop_length, n_crops=n_crops, augment=augment, max_epochs=max_epochs,
            batch_size=batch_size, lr=lr, warmup=warmup, weight_decay=weight_decay,
            clip_norm=clip_norm, ema=ema, validation=validation, patience=patience,
            layer_decay=layer_decay, precision=precision, check_signal=check_signal,
            checkpoint=checkpoint, device=device, compile=compile, random_state=random_state,
            verbose=verbose, callbacks=callbacks,
        )  # fmt: skip
        self.class_weight = class_weight

    def partial_fit(
        self,
        X: Any,
        y: npt.ArrayLike | None = None,
        classes: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
    ) -> Self:
        """Train on windows once, on from where the classifier stands.

        The learning rate is `lr` throughout; warm-up, average, validation and checkpoint are for
        whole trainings and have no part here. The normalisation is that of the first call; batch
        normalisation's statistics are those of the last one's windows.

        Parameters
        ----------
        X, y, sample_weight, mask
            As in `fit`.
        classes : array, shape (n_classes,) | None
            All labels that there will be: needed in the first call, if it is no fitted classifier.

        Raises
        ------
        ValueError
            As `fit`; or if labels are others than `classes`.
        """
        if classes is None and not hasattr(self, "model_"):
            raise ValueError("expected classes in the first call of partial_fit, got None")
        return self._partial_fit(X, y, sample_weight, mask, classes)

    def predict_proba(self, X: Any, mask: npt.ArrayLike | None = None) -> Array:
        """Return the probability of each class.

        Parameters
        ----------
        X : mne.Epochs | EpochsDataset | array, shape (n_windows, n_chans, n_times)
            Windows; arrays in microvolts, with the channels in the order of training. The channels
            of epochs are put in that order by name. Or sequences, as in `fit`.
        mask : array of bool, shape (n_sequences, n_windows) | None
            Which windows of sequences are no padding.

        Returns
        -------
        array, shape (n_windows, n_classes) or (n_sequences, n_windows, n_classes)
            In the order of ``classes_``.

        Raises
        ------
        ValueError
            If channels are missing, or the sampling rate or the window is another.
        """
        outputs = self._outputs(X, mask)
        return self.targets_.predictions(outputs)

    def predict(self, X: Any, mask: npt.ArrayLike | None = None) -> Array:
        """Return the most probable label of each window, or an indicator of the likely ones."""
        probabilities = self.predict_proba(X, mask)
        if isinstance(self.targets_, LabelSets):
            return (probabilities > 0.5).astype(np.int64)
        labels: Array = self.classes_[probabilities.argmax(axis=-1)]
        return labels

    def score(
        self,
        X: Any,
        y: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
    ) -> float:
        """Return the accuracy of `predict`; without y, on the labels of epochs."""
        true, predicted, weight = self._scored(X, y, sample_weight, mask)
        return float(accuracy_score(true, predicted, sample_weight=weight))

    @classmethod
    def from_weights(
        cls,
        weights: str | Weights,
        *,
        unseen: str | Collection[str] | None = None,
        fit_on: Any = None,
        **parameters: Any,
    ) -> Self:
        """Return a fitted classifier with trained weights.

        It predicts from epochs that ``find_weights(name).epochs(raw)`` returns, and checks
        channels, sampling rate, window and unit of what it is given. `fit` and `partial_fit` train
        its model further.

        Parameters
        ----------
        weights : str | Weights
            One of `eegzoo.list_weights`, or trained weights themselves.
        unseen : str | collection of str | None
            As in `eegzoo.find_weights`: subjects whom the weights must not have seen.
        fit_on : mne.Epochs | EpochsDataset | array | None
            Windows to fit the normalisation on, for weights whose authors published none.
        **parameters
            Parameters of `EEGClassifier` for further training.

        Returns
        -------
        EEGClassifier
            Fitted.

        Raises
        ------
        ValueError
            If the name is unknown, or `fit_on` is needed and not given.

        Examples
        --------
        >>> classifier = EEGClassifier.from_weights("eegnet.ssvep_exo")
        >>> classifier.classes_.tolist(), classifier.model_.n_chans
        (['13', '17', '21', 'rest'], 8)
        """
        if isinstance(weights, str):
            weights = find_weights(weights, unseen=unseen)
        elif unseen is not None:
            raise ValueError("expected unseen with the name of weights, got it with weights")
        if isinstance(weights.source, Path):
            classifier = cls.load(weights.source)
            if fit_on is not None:
                classifier.normalizer_ = weights.normalizer(fit_on)
        else:
            classifier = cls.fitted(
                load_weights(weights), weights.metadata.labels, weights.normalizer(fit_on),
                signal_info=weights.signal, preprocessing=weights.preprocessing,
                amplitude=weights.metadata.amplitude,
            )  # fmt: skip
        classifier.set_params(**parameters)
        return classifier

    @classmethod
    def fitted(
        cls,
        model: EEGModel,
        classes: npt.ArrayLike,
        normalizer: Normalizer,
        *,
        signal_info: SignalInfo | None = None,
        preprocessing: Preprocessing | None = None,
        amplitude: float | None = None,
        n_crops: int = 1,
        n_times: int | None = None,
    ) -> Self:
        """Return a classifier around a trained model.

        Parameters
        ----------
        model : EEGModel
            In evaluation mode.
        classes : array, shape (n_classes,)
            Labels of its outputs.
        normalizer : Normalizer
            What its inputs are normalised by.
        signal_info, preprocessing, amplitude
            What it was trained on, if that is known.
        n_crops : int
            Crops of a window that a prediction averages over.
        n_times : int | None
            Samples of a window. None: as many as the model takes.
        """
        return cls._around(
            model, Classes(np.asarray(classes)), normalizer, signal_info=signal_info,
            preprocessing=preprocessing, amplitude=amplitude, n_crops=n_crops, n_times=n_times,
        )  # fmt: skip

    def _targets_of(
        self, given: Given, known: Targets | None = None, classes: Any = None
    ) -> tuple[Targets, Given]:
        return read_labels(given, self.class_weight, known, classes)

    def _is_stratified(self, given: Given) -> bool:
        return bool(given.y.ndim == 1)

    def _learn_of(self, targets: Targets) -> None:
        super()._learn_of(targets)
        known = targets.classes if isinstance(targets, Classes) else np.arange(targets.n_outputs)
        self.classes_ = known

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
