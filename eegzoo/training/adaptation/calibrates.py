"""Fine-tuning of a classifier with a few labelled windows of one person."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from sklearn.utils.validation import check_is_fitted

from eegzoo.arguments import one_of
from eegzoo.data.windows.estimator_inputs import as_inputs
from eegzoo.data.windows.torch_datasets import check_in_order
from eegzoo.training.adaptation.adapts import AdaptsToPeople
from eegzoo.training.adaptation.fine_tune import fine_tune
from eegzoo.training.adaptation.fit_head import fit_head
from eegzoo.training.adaptation.pseudo_labels import WHICH
from eegzoo.training.adaptation.record import Adaptation, AdaptationWarning, digests
from eegzoo.training.inputs.fit_data import targets_of
from eegzoo.training.inputs.people import check_one_person
from eegzoo.training.targets.targets import Classes

# Number of windows that the weights of the head before count as.
_HELD_AS = 3.0


class CalibratesToPeople(AdaptsToPeople):
    """Mixin of `EEGClassifier`: copies that learnt a few labels of one person."""

    def calibrate(
        self, X: Any, y: npt.ArrayLike | None = None, *, groups: Any = None, which: str = "head"
    ) -> Self:
        """Return a classifier that is fine-tuned with a few labelled windows of one person.

        A few labels help those people too whom adaptation without labels makes worse. The weights
        are held near their values: those of the head count as much as three windows. The result
        depends on no seed, and not on the order of the windows.

        Statistics and alignment stay as they are: those of the person if the classifier was adapted
        before, as in ``classifier.adapt(X_all).calibrate(X_few, y_few)``. A classifier that takes
        the statistics of each person in use has to be adapted before.

        Parameters
        ----------
        X : mne.Epochs | Dataset | DataLoader | array, shape (n_windows, n_chans, n_times)
            Windows of the person, as in `predict_proba`.
        y : array, shape (n_windows,) | None
            Label of each window, among ``classes_``. None: those of epochs or a data set.
        groups : array, shape (n_windows,) | str | None
            Person of each window, or a column of the data set's metadata. They must be of one
            person. None: the subjects of the data set.
        which : {"head", "all"}
            Weights to train: those of the head, or all.

        Returns
        -------
        EEGClassifier
            Fine-tuned classifier, which is saved and loaded like any other. This one is not
            changed. `adapt` starts from the fine-tuned weights.

        Raises
        ------
        ValueError
            If there is no window, a label is unknown, or the windows do not match those of the
            training; if they are of several people; if the classifier aligns people or takes their
            statistics, but is not adapted to one.

        Warns
        -----
        AdaptationWarning
            If there are labels of one class only.

        Examples
        --------
        >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=40, random_state=0)
        >>> epochs = mne.Epochs(raw, tmin=0, tmax=4, baseline=None, preload=True, verbose=False)
        >>> classifier = eegzoo.training.EEGClassifier("eegnet", max_epochs=2, random_state=0)
        >>> calibrated = classifier.fit(epochs).calibrate(epochs[:6])
        >>> calibrated.adaptation_.n_labelled
        6
        """
        check_is_fitted(self, "model_")
        one_of("which", which, WHICH)
        check_in_order(X)
        inputs = as_inputs(X, self.signal_info_, self.check_signal)
        self._check_calibration(inputs.is_sequences)
        self._check_window(inputs)
        inputs.check_amplitude(None, self.amplitude_, self.check_signal)
        check_one_person(inputs, groups)
        labels = targets_of(inputs, y)
        if labels.ndim != 1 or not len(labels):
            raise ValueError(f"expected one label for each of some windows, got {labels.shape}")
        known = set(self.classes_.tolist())
        unknown = [label for label in dict.fromkeys(labels.tolist()) if label not in known]
        if unknown:
            raise ValueError(f"expected labels of classes {self.classes_.tolist()}, got {unknown}")
        if len(np.unique(labels)) < 2:
            warnings.warn(
                f"all {len(labels)} labels are {labels.tolist()[0]!r}: the classifier learns to "
                "give this label more often",
                AdaptationWarning,
                stacklevel=2,
            )
        windows = np.asarray(inputs.X[:], np.float32)
        learnt = digests(windows)
        order = np.argsort(np.array(learnt), kind="stable")
        encoded = self.targets_.encode(labels[order])
        calibrated = self._copied()
        calibrated._learn(windows[order], encoded, which)
        before = self.adaptation_ or Adaptation((), 0)
        calibrated.adaptation_ = dataclasses.replace(
            before, n_labelled=before.n_labelled + len(labels),
            labelled=tuple(sorted({*before.labelled, *learnt})),
        )  # fmt: skip
        calibrated.source_ = None
        if self.model is self.model_:
            calibrated.model = calibrated.model_
        return calibrated

    def _check_calibration(self, is_sequences: bool) -> None:
        if is_sequences or not isinstance(self.targets_, Classes):
            raise ValueError(
                "expected a classifier of single windows with one label each to calibrate"
            )
        waits = self.align_ is not None and self.alignment_ is None
        has_statistics = self.adaptation_ is not None and "statistics" in self.adaptation_.how
        if waits or (self.by_person_ and not has_statistics):
            raise ValueError(
                "expected a classifier that is adapted to the person, because this one takes the "
                "statistics of a person from all windows that it is given, and a few windows have "
                "others: call adapt with all windows of the person first"
            )

    def _learn(self, X: npt.NDArray[np.float32], y: torch.Tensor, which: str) -> None:
        """Train the head or all weights on windows, in place."""
        crops = self._crops(X)
        y = y.to(crops.device)
        if which == "all":
            self.model_ = fine_tune(self.model_, crops, y, self.targets_.average_crops)
            return
        features = self._features(crops)
        each = y.repeat_interleave(features.shape[1])
        weight = torch.ones(len(each), device=each.device)
        self.model_.head = fit_head(
            self.model_.head, features.flatten(0, 1), each, weight, strength=_HELD_AS / len(y)
        )
