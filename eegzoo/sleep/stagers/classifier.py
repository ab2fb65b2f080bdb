"""Staging by a classifier that eegzoo trained, with its own preprocessing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.filter_steps import Resample
from eegzoo.data.preprocessing.step import Step
from eegzoo.data.signal.filtering.resampling import resample_raw
from eegzoo.models.sequence_models import SequenceModel
from eegzoo.sleep.stagers.signals import Array
from eegzoo.sleep.stagers.stager import Stager
from eegzoo.sleep.stages import STAGES
from eegzoo.training.classifier import EEGClassifier
from eegzoo.weights.weights import Weights

# Names of stages that data sets and other software use, in lower case.
_SYNONYMS = {
    "w": "W", "wake": "W", "sleep stage w": "W",
    "n1": "N1", "s1": "N1", "sleep stage n1": "N1", "sleep stage 1": "N1",
    "n2": "N2", "s2": "N2", "sleep stage n2": "N2", "sleep stage 2": "N2",
    "n3": "N3", "s3": "N3", "s4": "N3", "sleep stage n3": "N3", "sleep stage 3": "N3",
    "sleep stage 4": "N3", "r": "R", "rem": "R", "sleep stage r": "R",
}  # fmt: skip


class ClassifierStager(Stager):
    """Staging by a trained `EEGClassifier`, such as a TinySleepNet, with its own preprocessing.

    Parameters
    ----------
    name : str
        Name of the weights or of the file.
    classifier : EEGClassifier
        Classifier of the five stages, trained on windows of 30 s of recordings.

    Attributes
    ----------
    members : list of list of bool, shape (5, n_classes)
        Classes that are each stage.

    Raises
    ------
    ValueError
        If the classifier has other classes, other windows or no preprocessing.
    """

    def __init__(self, name: str, classifier: EEGClassifier) -> None:
        super().__init__(name, classifier.n_chans_)
        self.classifier = classifier
        self.preprocessing = classifier.trained_preprocessing()
        classes = [str(label) for label in classifier.classes_]
        found = [_SYNONYMS.get(label.lower()) for label in classes]
        if None in found or set(found) != set(STAGES):
            raise ValueError(
                f"expected a classifier of the stages {', '.join(STAGES)}, got the classes "
                f"{classes} in {name}"
            )
        # Two classes may be one stage: S3 and S4 are N3.
        self.members = [[stage == each for each in found] for stage in STAGES]
        info = classifier.signal_info_
        if info is None:
            raise ValueError(f"expected a classifier that knows its channels, got {name}")
        self.info, self.ch_names = info, tuple(info.ch_names)
        seconds = info.n_times / info.sfreq
        if abs(seconds - self.window_seconds) > 1.5 / info.sfreq:
            raise ValueError(
                f"expected a classifier of windows of {self.window_seconds:g} s, got {seconds:g} s "
                f"in {name}"
            )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the stager of a file that `EEGClassifier.save` wrote."""
        return cls(Path(path).stem, EEGClassifier.load(path))

    @classmethod
    def from_weights(cls, weights: Weights) -> Self:
        """Return the stager of trained weights."""
        classifier = EEGClassifier.from_weights(weights)
        # Models of sequences were trained on them, which files of authors do not say.
        classifier.is_sequential_ |= isinstance(classifier.model_, SequenceModel)
        return cls(weights.name, classifier)

    @property
    def steps_before(self) -> tuple[Step, ...]:
        """Steps before the windows; without a step that resamples, to the rate of the training."""
        steps = tuple(self.preprocessing.steps_before)
        if any(isinstance(step, Resample) for step in steps):
            return steps
        return Resample(self.info.sfreq), *steps

    def by_stage(self, probabilities: npt.NDArray[np.floating]) -> Array:
        """Return the probabilities (n, 5) of the stages from those of the classes."""
        columns = [probabilities[:, members].sum(axis=1) for members in self.members]
        return np.stack(columns, axis=1).astype(np.float64)

    def _probabilities(self, signals: npt.NDArray[np.floating], sfreq: float, n: int) -> Array:
        info = mne.create_info(list(self.info.ch_names), sfreq, "eeg", verbose="ERROR")
        raw = mne.io.RawArray(np.asarray(signals, np.float64), info, verbose="ERROR")
        if not any(isinstance(step, Resample) for step in self.preprocessing.steps):
            raw = resample_raw(raw, self.info.sfreq)
        _, probabilities = self.classifier.predict_recording(raw, preprocessing=self.preprocessing)
        return self.by_stage(probabilities)[:n]
