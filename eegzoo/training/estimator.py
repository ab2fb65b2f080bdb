"""A scikit-learn classifier around a model of the zoo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from eegzoo.arguments import number_between, one_of, positive_int
from eegzoo.data import amplitude
from eegzoo.data.windows import MappedWindows, Windows
from eegzoo.models import EEGModel, find_entry
from eegzoo.training.building import build_for, check_device, check_sfreq, signal_of
from eegzoo.training.crops import count_batches
from eegzoo.training.inputs import Inputs, as_inputs
from eegzoo.training.loop import train
from eegzoo.training.normalization import HOW, Normalizer, fit_normalizer
from eegzoo.training.persistence import Persistence
from eegzoo.training.prediction import predict_proba

Array = npt.NDArray[Any]


class EEGClassifier(Persistence, ClassifierMixin, BaseEstimator):
    """A classifier of EEG windows, as scikit-learn has classifiers.

    The defaults are a recipe for small sets: channels whitened, Adam with a cosine schedule, random
    crops of half a window to train on, the log-probabilities of evenly spaced crops averaged to
    predict with, and batch normalisation's statistics taken anew from the final weights.

    Parameters
    ----------
    model : str | EEGModel
        Name of a model (`eegzoo.list_models`), built to fit the data; or a model, which is copied
        and trained on from its present weights.
    model_params : mapping | None
        More arguments of the named model.
    sfreq : float | None
        Sampling rate of arrays in Hz. None: what the model's class assumes. MNE's epochs bring
        their own.
    normalize : {"whiten", "standardize", "window", "exponential", "none"}
        How channels are normalised (`fit_normalizer`); fitted on the training windows and kept
        with the model.
    crop_length : int | None
        Samples of a crop. None: half a window, or all of it if half were less than a second; a
        given model's own length.
    n_crops : int
        Crops of a window that a prediction averages over.
    max_epochs : int | None
        Passes over the windows. None: as many as make 250 batches, but from 20 to 100.
    lr : float
        Learning rate at the start; it falls to zero along a cosine.
    weight_decay : float
        Of Adam, decoupled.
    layer_decay : float
        What a part's learning rate is of the next one's, the head's being `lr`: below 1 for
        training on from trained weights.
    batch_size : int
        About how many windows a batch holds.
    check_signal : {"raise", "warn", "ignore"}
        What to do about amplitudes that cannot be microvolts of EEG, or in use are far from those
        of the training.
    device : str
        Where to compute: "cpu", "cuda", ...
    compile : bool
        Whether to train with `torch.compile`: worth its minute of compiling for long trainings.
    random_state : int | RandomState | None
        Seed of initial weights, order, crops and dropout. With an int a fit gives the same result
        whatever was drawn before.
    verbose : int
        1 shows a progress bar.
    callbacks : sequence of skorch.callbacks.Callback | None
        Called along the training.

    Attributes
    ----------
    classes_ : array, shape (n_classes,)
        Labels, as they were given.
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
    history_ : list of dict
        Loss of each epoch.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=40, random_state=0)
    >>> epochs = mne.Epochs(raw, tmin=0, tmax=4, baseline=None, preload=True, verbose=False)
    >>> classifier = EEGClassifier("eegnet", max_epochs=2, random_state=0).fit(epochs)
    >>> classifier.predict(epochs).shape, classifier.classes_.tolist()
    ((40,), ['left_hand', 'right_hand'])
    """

    def __init__(
        self,
        model: str | EEGModel = "eegnet",
        *,
        model_params: Mapping[str, Any] | None = None,
        sfreq: float | None = None,
        normalize: str = "whiten",
        crop_length: int | None = None,
        n_crops: int = 9,
        max_epochs: int | None = None,
        lr: float = 1e-2,
        weight_decay: float = 0.0,
        layer_decay: float = 1.0,
        batch_size: int = 16,
        check_signal: str = "raise",
        device: str = "cpu",
        compile: bool = False,
        random_state: Any = None,
        verbose: int = 0,
        callbacks: Sequence[Any] | None = None,
    ) -> None:
        self.model = model
        self.model_params = model_params
        self.sfreq = sfreq
        self.normalize = normalize
        self.crop_length = crop_length
        self.n_crops = n_crops
        self.max_epochs = max_epochs
        self.lr = lr
        self.weight_decay = weight_decay
        self.layer_decay = layer_decay
        self.batch_size = batch_size
        self.check_signal = check_signal
        self.device = device
        self.compile = compile
        self.random_state = random_state
        self.verbose = verbose
        self.callbacks = callbacks

    def fit(self, X: Any, y: npt.ArrayLike | None = None, groups: Any = None) -> Self:
        """Train on windows.

        Parameters
        ----------
        X : mne.Epochs | EpochsDataset | array, shape (n_windows, n_chans, n_times)
            Windows; arrays in microvolts.
        y : array, shape (n_windows,) | None
            Labels of any type. None: the names in the ``event_id`` of epochs.
        groups : None
            Accepted so that what is split by group can be fitted; the training does not use it.

        Returns
        -------
        EEGClassifier
            Itself.

        Raises
        ------
        ValueError
            If there are fewer than two classes, NaN, or shapes that do not fit; with a given
            model, if its channels are missing or it is for another sampling rate.
        """
        self.check_parameters()
        inputs = as_inputs(X)
        signal = signal_of(self.model, inputs.info)
        inputs = inputs if signal is None else as_inputs(X, signal)
        windows, labels, info = inputs.windows, inputs.labels, inputs.info
        typical = amplitude.check_amplitude(windows, how=self.check_signal)
        labels = labels if y is None else np.asarray(y)
        if labels is None:
            raise ValueError("expected y with arrays, got None")
        if labels.shape != (len(windows),):
            raise ValueError(f"expected y of shape ({len(windows)},), got {labels.shape}")
        check_classification_targets(labels)
        classes, encoded = np.unique(labels, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"expected at least two classes, got {classes.tolist()}")
        seed = check_random_state(self.random_state).randint(2**31)
        # The generator of the caller is left as it was.
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            module, crop_length = build_for(
                self.model, inputs.window_shape, len(classes), info,
                self.model_params or {}, self.sfreq, self.crop_length,
            )  # fmt: skip
            normalizer = fit_normalizer(windows, self.normalize)
            self.history_ = train(
                module,
                _normalized(inputs, normalizer),
                torch.from_numpy(encoded),
                crop_length=crop_length, max_epochs=self._epochs(len(windows)),
                lr=self.lr, weight_decay=self.weight_decay, layer_decay=self.layer_decay,
                batch_size=self.batch_size, device=self.device, compile=self.compile,
                verbose=self.verbose, callbacks=self.callbacks or (),
            )  # fmt: skip
        self.classes_, self.model_, self.normalizer_ = classes, module.eval(), normalizer
        self.signal_info_, self.preprocessing_ = info, None
        self.amplitude_ = typical
        self.n_chans_, self.n_times_ = inputs.window_shape
        return self

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class.

        Parameters
        ----------
        X : mne.Epochs | EpochsDataset | array, shape (n_windows, n_chans, n_times)
            Windows; arrays in microvolts, with the channels in the order of training. The channels
            of epochs are put in that order by name.

        Returns
        -------
        array, shape (n_windows, n_classes)
            In the order of ``classes_``.

        Raises
        ------
        ValueError
            If channels are missing, or the sampling rate or the window is another.
        """
        check_is_fitted(self, "model_")
        inputs = as_inputs(X, self.signal_info_)
        if inputs.info is not None and self.signal_info_ is None:
            check_sfreq(self.model_, inputs.info)
        if inputs.window_shape != (self.n_chans_, self.n_times_):
            raise ValueError(
                f"expected X of shape (n_windows, {self.n_chans_}, {self.n_times_}), "
                f"got {inputs.windows.shape}"
            )
        amplitude.check_amplitude(inputs.windows, self.amplitude_, self.check_signal)
        return predict_proba(self.model_, inputs.windows, self.normalizer_, self.n_crops)

    def predict(self, X: Any) -> Array:
        """Return the most probable label of each window."""
        places = self.predict_proba(X).argmax(axis=1)
        labels: Array = self.classes_[places]
        return labels

    def score(self, X: Any, y: npt.ArrayLike | None = None, sample_weight: Any = None) -> float:
        """Return the accuracy; without y, on the labels of epochs."""
        labels = as_inputs(X).labels if y is None else y
        if labels is None:
            raise ValueError("expected y with arrays, got None")
        return float(super().score(X, labels, sample_weight))

    def check_parameters(self) -> None:
        """Raise a ValueError or TypeError that names the first parameter that cannot be used."""
        if isinstance(self.model, str):
            find_entry(self.model)
        elif not isinstance(self.model, EEGModel):
            raise TypeError(f"expected model to be a name or an EEGModel, got {self.model!r}")
        elif self.model_params or self.sfreq is not None:
            raise ValueError(
                "expected model_params and sfreq with a model's name, not with a model"
            )
        if self.sfreq is not None:
            number_between("sfreq", self.sfreq, 0.0, above=True)
        one_of("normalize", self.normalize, HOW)
        one_of("check_signal", self.check_signal, amplitude.HOW)
        for name in ("crop_length", "max_epochs"):
            if getattr(self, name) is not None:
                positive_int(name, getattr(self, name))
        positive_int("n_crops", self.n_crops)
        positive_int("batch_size", self.batch_size)
        check_device(self.device)
        number_between("lr", self.lr, 0.0, above=True)
        number_between("weight_decay", self.weight_decay, 0.0)
        number_between("layer_decay", self.layer_decay, 0.0, 1.0, above=True)

    def _epochs(self, n_windows: int) -> int:
        if self.max_epochs is not None:
            return self.max_epochs
        return min(100, max(20, round(250 / count_batches(n_windows, self.batch_size))))


def _normalized(inputs: Inputs, normalizer: Normalizer) -> torch.Tensor | Windows:
    """Return normalised windows: now where they are in memory, else when they are read."""
    if isinstance(inputs.windows, Windows):
        return MappedWindows(inputs.windows, normalizer.transform, inputs.window_shape)
    return torch.from_numpy(normalizer.transform(inputs.windows))
