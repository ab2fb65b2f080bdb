"""Predictions along recordings: for sliding windows, and in the context of other windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mne
import numpy as np
import numpy.typing as npt
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from eegzoo.data.preprocessing.causal_form import check_causal
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.models.base import EEGModel
from eegzoo.training.inputs.runs import runs_along_recordings
from eegzoo.training.prediction import compute_outputs
from eegzoo.training.targets.targets import Targets


class RecordingPredictions:
    """Mixin of the estimators: predictions for sliding windows along a recording."""

    preprocessing_: Preprocessing | None
    causal: bool
    targets_: Targets
    _outputs: Callable[..., Tensor]
    _causal_outputs: Callable[..., Tensor]

    def predict_recording(
        self,
        raw: mne.io.BaseRaw,
        step_seconds: float | None = None,
        *,
        preprocessing: Preprocessing | None = None,
        batch_size: int = 64,
        causal: bool = False,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[Any]]:
        """Predict from sliding windows along a recording.

        Events and "bad" annotations are ignored. A model that was trained on sequences takes
        windows in their context, which must not overlap.

        Parameters
        ----------
        raw : mne.io.Raw
            Recording. It is not modified.
        step_seconds : float | None
            Interval between the starts of successive windows in seconds. None: the length of a
            window.
        preprocessing : Preprocessing | None
            Preprocessing of the recordings that the estimator was trained on, which also tells the
            length of a window. None: that of trained weights or of a saved estimator.
        batch_size : int
            Number of windows that are computed at once.
        causal : bool
            With `align`, whether each window is aligned by the windows up to its own, as in a
            stream, and the first five by these five; otherwise by all windows of the recording. A
            classifier that was trained with ``causal=True`` always does so.

        Returns
        -------
        onsets : array, shape (n_windows,)
            Onset of each window in seconds from the start of the recording.
        predictions : array, shape (n_windows, n_classes) or (n_windows,) or (n_windows, n_targets)
            Probability of each class or label, as from `EEGClassifier.predict_proba`; or numbers,
            as from `EEGRegressor.predict`.

        Raises
        ------
        ValueError
            If there is no preprocessing, or the recording is shorter than a window or does not
            match the signal of the training.

        Examples
        --------
        >>> from eegzoo.data import Epoch, Filter, Preprocessing
        >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=12, random_state=0)
        >>> preprocessing = Preprocessing([Filter(4.0, 38.0), Epoch(0.0, 2.0)])
        >>> classifier = eegzoo.training.EEGClassifier("eegnet", max_epochs=2, random_state=0)
        >>> classifier = classifier.fit(preprocessing.epochs(raw))
        >>> onsets, probabilities = classifier.predict_recording(
        ...     raw, step_seconds=0.5, preprocessing=preprocessing
        ... )
        >>> onsets[:3], probabilities.shape == (len(onsets), 2)
        (array([0. , 0.5, 1. ]), True)
        """
        check_is_fitted(self, "model_")
        preprocessing = preprocessing or self.preprocessing_
        if preprocessing is None:
            raise ValueError(
                "expected preprocessing, which cuts the recording into windows, because the "
                "estimator was fitted on windows or saved without it; got None"
            )
        if self.causal:
            check_causal(preprocessing)
        windows = preprocessing.windows(raw, step_seconds)
        dataset = EpochsDataset.from_epochs(windows, check_signal="ignore")  # checked in _outputs
        onsets = dataset.groups("onset") - raw.first_time
        outputs = self._causal_outputs if causal else self._outputs
        return onsets, self.targets_.predictions(outputs(dataset, batch_size=batch_size))


def outputs_along_recordings(
    model: EEGModel,
    inputs: Inputs,
    normalize: Callable[[Any], Any],
    compute: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """Return the outputs of a model for windows, each in the context of its recording.

    The windows of each recording are sorted by onset and run through the model as one sequence. A
    gap, where the next window does not begin at the end of the one before, begins a new sequence.

    Parameters
    ----------
    model : EEGModel
        Model in evaluation mode that takes sequences of windows.
    inputs : Inputs
        Windows, in any order, with their onsets. Windows without the name of their recording are
        taken to be of one recording.
    normalize : callable
        Function that normalises windows.
    compute : callable | None
        Function of sequences that is computed, such as the model's `features`. None: the model.

    Returns
    -------
    Tensor, shape (n_windows, n_outputs)
        Outputs in the order of the windows, on the CPU.

    Raises
    ------
    ValueError
        If there are no onsets, two windows of a recording have the same, or windows overlap.
    """
    runs = runs_along_recordings(inputs)
    outputs = [
        compute_outputs(
            model, inputs.X[run][None], torch.Tensor.squeeze, 1, None,
            lambda sequence: normalize(sequence[0])[None], 1, compute,
        )[0]
        for run in runs
    ]  # fmt: skip
    return torch.cat(outputs)[torch.from_numpy(np.argsort(np.concatenate(runs)))]
