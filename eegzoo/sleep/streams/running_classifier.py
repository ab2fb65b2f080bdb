"""A classifier that eegzoo trained along a stream."""

from __future__ import annotations

from typing import Any

import mne
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from eegzoo.layers.blocks.bidirectional import BidirectionalRNN
from eegzoo.layers.blocks.recurrent import PeepholeLSTM
from eegzoo.models.sequence_models import RecurrentModel
from eegzoo.sleep.stagers.classifier import ClassifierStager
from eegzoo.sleep.streams.running_network import RunningNetwork
from eegzoo.training.prediction import compute_outputs

_WHOLE_NIGHT = "stage the night once it is recorded (eegzoo stage)"


class RunningClassifier(RunningNetwork):
    """Classifier that needs no later windows: of single windows, or with a state.

    Parameters
    ----------
    stager : ClassifierStager
        Stager with the classifier.

    Raises
    ------
    ValueError
        If the classifier needs later windows, or statistics of a person that it does not know.
    """

    delay = 0

    def __init__(self, stager: ClassifierStager) -> None:
        classifier = stager.classifier
        _check_is_causal(stager)
        self._stager, self._classifier = stager, classifier
        self._model = classifier.model_.eval()
        self._state: Any = None

    def push(self, window: Tensor) -> list[Tensor]:
        """Add a window in microvolts, and return its probabilities."""
        X = self._after_windows(window.numpy()[None])
        if self._classifier.alignment_ is not None:
            X = self._classifier.alignment_.transform(X)
        with torch.inference_mode():
            outputs = self._classifier._scaled(self._outputs(X))
            probabilities = self._classifier.targets_.predictions(outputs)
        return [torch.from_numpy(self._stager.by_stage(np.asarray(probabilities)))[0]]

    def finish(self) -> list[Tensor]:
        """Return nothing, because no window waits."""
        return []

    def _after_windows(self, X: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return a window after the steps that follow the windows, such as a baseline."""
        steps = self._stager.preprocessing.steps_after
        if not steps:
            return X
        info = self._stager.info
        named = mne.create_info(list(info.ch_names), info.sfreq, "eeg", verbose="ERROR")
        epochs = mne.EpochsArray(X / 1e6, named, tmin=info.tmin, verbose="ERROR")
        for step in steps:
            epochs = step.apply(epochs)
        finished: npt.NDArray[Any] = (1e6 * epochs.get_data()).astype(np.float32)
        return finished

    def _outputs(self, X: npt.NDArray[Any]) -> Tensor:
        """Return the outputs (1, n_outputs) of the model for a window."""
        classifier, normalize = self._classifier, self._classifier.normalizer_.transform
        if classifier.is_sequential_:
            weight = next(self._model.parameters())
            x = torch.as_tensor(normalize(X)).to(weight.device, weight.dtype)
            outputs, self._state = self._model(x, self._state, return_state=True)
            return outputs.cpu()  # type: ignore[no-any-return]
        average = classifier.targets_.average_crops
        n_crops = classifier.settings().n_crops
        return compute_outputs(self._model, X, average, n_crops, None, normalize)


def _check_is_causal(stager: ClassifierStager) -> None:
    classifier, name = stager.classifier, stager.name
    model = classifier.model_
    backwards = any(
        isinstance(part, BidirectionalRNN) or (isinstance(part, PeepholeLSTM) and part.reverse)
        for part in model.modules()
    )
    if classifier.is_sequential_ and (backwards or not isinstance(model, RecurrentModel)):
        raise ValueError(
            f"expected a network that needs no later windows, got {type(model).__name__} ({name}), "
            f"which was trained on whole nights; {_WHOLE_NIGHT}, or stream a network whose state "
            "is carried on, such as tinysleepnet, or robustsleepnet"
        )
    known = classifier.adaptation_
    if classifier.by_person_ and not (known and "statistics" in known.how):
        raise ValueError(
            "expected a classifier that is adapted to one person (EEGClassifier.adapt), got "
            f"{name}, which takes its statistics from all windows of a night; {_WHOLE_NIGHT}"
        )
    if classifier.align_ is not None and classifier.alignment_ is None:
        raise ValueError(
            "expected a classifier that is adapted to one person (EEGClassifier.adapt), got "
            f"{name}, which aligns by all windows of a night ({classifier.align_.method}); "
            f"{_WHOLE_NIGHT}"
        )
