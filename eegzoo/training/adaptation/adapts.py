"""Adaptation of a classifier to one person, without labels."""

from __future__ import annotations

import copy
import dataclasses
import warnings
from collections.abc import Callable, Collection
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from eegzoo.data.preprocessing.normalization import fit_normalizer
from eegzoo.data.windows.estimator_inputs import Inputs, as_inputs
from eegzoo.data.windows.torch_datasets import check_in_order
from eegzoo.training.adaptation.copies import CopiesForPeople
from eegzoo.training.adaptation.own_labels import (
    LearnsAllWeights,
    LearnsHead,
    only_head_learns,
)
from eegzoo.training.adaptation.person_windows import PersonWindows
from eegzoo.training.adaptation.pseudo_labels import (
    PseudoLabels,
    check_options,
    doubt_about,
    learn_own_labels,
)
from eegzoo.training.adaptation.record import Adaptation, AdaptationWarning
from eegzoo.training.adaptation.source import Source
from eegzoo.training.by_person.statistics import PersonInputs, takes_statistics
from eegzoo.training.calibration.fit_calibration import AS_IS
from eegzoo.training.calibration.held_out import Calibration
from eegzoo.training.inputs.rows import select_rows
from eegzoo.training.prediction import for_numpy
from eegzoo.training.targets.targets import Classes, Targets

Array = npt.NDArray[Any]
HOW = ("align", "statistics", "pseudo_labels")


class AdaptsToPeople(CopiesForPeople):
    """Mixin of `EEGClassifier`: adaptation without labels."""

    pseudo_labels: PseudoLabels | None
    amplitude_: float | None
    targets_: Targets
    _check_window: Callable[[Inputs], None]
    _aligned: Callable[[Inputs, Any, Any], Inputs]
    _aligned_for: Callable[..., Any]
    _crops_of: Callable[[Inputs], Tensor]

    def adapt(
        self,
        X: Any,
        *,
        groups: Any = None,
        how: Collection[str] | None = None,
        first: int | None = None,
        pseudo_labels: PseudoLabels | None = None,
    ) -> Self:
        """Return a classifier for one person, adapted on windows of this person without labels.

        The steps, of which a part can be chosen:

        - "align": the windows are aligned by the person's own statistics, as in the training with
          `align`. Without `align`, the normalisation of the channels is fitted to the person's
          windows in place of the training windows.
        - "statistics": batch normalisation, and all layers that hold statistics of a person, get
          those of this person.
        - "pseudo_labels": the head, or all weights, are trained on the windows that are classified
          with confidence, in a few rounds. This needs no training windows. If few windows are
          classified with confidence, or the labels are one-sided, a warning says so and the weights
          stay as they are.

        All states that the classifier tells apart must be among the windows: adapted on one state
        alone, it takes differences within this state for those between states. Scores of windows
        that the classifier was adapted on are transductive, and must be named so; those of others
        are inductive. `regime` tells which.

        No adaptation helps everyone. A person whose states look to the classifier like each other's
        becomes worse by pseudo-labels, and without labels cannot be told from one who becomes
        better: see `calibrate`.

        Parameters
        ----------
        X : mne.Epochs | Dataset | DataLoader | array, shape (n_windows, n_chans, n_times)
            Windows of the person, as in `predict_proba`. No labels are read, and the order of the
            windows does not matter, except for `first`.
        groups : array, shape (n_windows,) | str | None
            Person of each window, or a column of the data set's metadata. They must be of one
            person. None: the subjects of the data set.
        how : collection of {"align", "statistics", "pseudo_labels"} | None
            Steps. None: all that the classifier takes.
        first : int | None
            Number of windows to adapt on, from the first on, as at the start of a session: by their
            onset in epochs and data sets, else in the given order. None: all.
        pseudo_labels : PseudoLabels | None
            Threshold, rounds and guards of the pseudo-labels, and the weights that learn them.
            None: those of the classifier (`pseudo_labels` of `EEGClassifier`), or the defaults.

        Returns
        -------
        EEGClassifier
            Classifier for this person, which is saved and loaded like any other. This one is not
            changed. An adapted classifier is not adapted further: its adaptation is replaced.

        Raises
        ------
        ValueError
            If there are windows of several people, or fewer than two; if all are constant, or do
            not match those of the training; if a step in `how` cannot be done.
        TypeError
            If `how` is a string or no collection, or `pseudo_labels` of another type.

        Warns
        -----
        AdaptationWarning
            If there are very few windows, if no pseudo-labels are used although they were to be, or
            if so few windows are classified with confidence that they may hold one state only.

        Examples
        --------
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.normal(0, 10, (80, 2, 128)), np.tile([0, 1], 40)
        >>> X[y == 1, 0] *= 2
        >>> classifier = eegzoo.training.EEGClassifier("shallow_convnet", sfreq=64, random_state=0)
        >>> adapted = classifier.fit(X, y).adapt(1.5 * X[:30])
        >>> adapted.adaptation_.how, adapted.regime(X[30:])
        (('align', 'statistics', 'pseudo_labels'), 'inductive')

        See Also
        --------
        calibrate : Fine-tune with a few labels.

        References
        ----------
        He and Wu (2020). Transfer learning for brain-computer interfaces: a Euclidean space data
        alignment approach. IEEE Trans. Biomed. Eng. 67. https://doi.org/10.1109/TBME.2019.2913914

        Li, Wang, Shi, Hou and Liu (2018). Adaptive batch normalization for practical domain
        adaptation. Pattern Recognit. 80. https://doi.org/10.1016/j.patcog.2018.03.005

        Lee (2013). Pseudo-label: the simple and efficient semi-supervised learning method for deep
        neural networks. ICML workshop on challenges in representation learning.
        """
        check_is_fitted(self, "model_")
        check_options(pseudo_labels)
        plain = self._unadapted()
        steps = plain._steps(how)
        windows = plain._windows_of_person(X, groups, first)
        adapted = plain._copied()
        if "align" in steps:
            adapted = adapted._aligned_to(windows.X)
        crops = adapted._crops(windows.X)
        inputs = PersonInputs(adapted.model_, crops.flatten(0, 1))
        features: Tensor | None = None
        if "statistics" in steps:
            adapted.model_, features = inputs.fitted_with_features(adapted.model_)
        record = dataclasses.replace(
            (self.adaptation_ or Adaptation((), 0)).labels_only(),
            how=tuple(steps), n_windows=len(windows.X), first=first, windows=windows.digests,
        )  # fmt: skip
        if "pseudo_labels" in steps:
            options = pseudo_labels or self.pseudo_labels or PseudoLabels()
            record = adapted._learn_own_labels(inputs, features, crops, options, record)
        adapted.adaptation_ = record
        adapted.source_ = Source.before(plain.model_, adapted.model_, plain.normalizer_)
        if self.model is self.model_:
            adapted.model = adapted.model_
        return adapted

    def _adapted_outputs(self, X: Any, person: Array, known: Calibration) -> Tensor:
        outputs: Tensor | None = None
        calibrated = copy.copy(self)
        for number in np.unique(person):
            rows = np.flatnonzero(person == number)
            mine = select_rows(X, rows)
            calibrated.calibrations_ = {AS_IS: known.without(number)}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", AdaptationWarning)
                adapted = calibrated.adapt(mine, groups=np.zeros(len(rows)))
            # Groups may be of several subjects of the data set.
            found = adapted._raw_outputs(mine, groups=np.zeros(len(rows)))
            if outputs is None:
                outputs = found.new_empty(len(person), *found.shape[1:])
            outputs[torch.from_numpy(rows)] = found
        return torch.empty(0) if outputs is None else outputs

    def _steps(self, how: Collection[str] | None) -> list[str]:
        """Return the steps to take, in their order."""
        if how is not None and (isinstance(how, str) or not isinstance(how, Collection)):
            known = how if how in HOW else HOW[0]
            raise TypeError(f"expected how to be a collection such as ({known!r},), got {how!r}")
        unknown = sorted(set(how or ()) - set(HOW))
        if unknown:
            raise ValueError(f"expected how to hold some of {', '.join(HOW)}, got {unknown}")
        has_head = isinstance(getattr(self.model_, "head", None), torch.nn.Module)
        can_align = self.align_ is not None or self.normalizer_.is_fitted
        lacking = {
            "align": not can_align
            and "was trained without align, and its normalisation has no statistics",
            "statistics": not takes_statistics(self.model_) and "has no layer with statistics",
            "pseudo_labels": not (has_head and isinstance(self.targets_, Classes))
            and "has no head of its own, or several labels for each window",
        }
        for step in how or ():
            if lacking[step]:
                raise ValueError(
                    f"expected how without {step!r}, because the classifier {lacking[step]}"
                )
        return [step for step in HOW if not lacking[step] and (how is None or step in how)]

    def _windows_of_person(self, X: Any, groups: Any, first: int | None) -> PersonWindows:
        check_in_order(X)
        inputs = as_inputs(X, self.signal_info_, self.check_signal)
        if not inputs.is_sequences:
            self._check_window(inputs)
        inputs.check_amplitude(None, self.amplitude_, self.check_signal)
        if self.align_ is not None and self.align_.first is not None:
            first = min(self.align_.first, first or self.align_.first)
        return PersonWindows.of(inputs, groups, first, self.targets_.n_outputs)

    def _aligned_to(self, X: Array) -> Self:
        """Return a copy that is aligned to the person of windows."""
        if self.align_ is not None:
            aligned: Self = self._aligned_for(X)
            return aligned
        aligned = self._copied()
        aligned.normalizer_ = fit_normalizer(X, self.normalizer_.how)
        return aligned

    def _crops(self, X: Array) -> Tensor:
        """Return crops (n_windows, n_crops, n_chans, n_times) as the model takes them."""
        return self._crops_of(self._aligned(Inputs(X), None, None))

    def _features(self, crops: Tensor) -> Tensor:
        """Return the features (n_windows, n_crops, num_features) of crops."""
        inputs = PersonInputs(self.model_, crops.flatten(0, 1))
        return inputs.features(self.model_).view(*crops.shape[:2], -1)

    def _learn_own_labels(
        self,
        inputs: PersonInputs,
        features: Tensor | None,
        crops: Tensor,
        options: PseudoLabels,
        record: Adaptation,
    ) -> Adaptation:
        """Learn the labels of confident windows, and return the record with what was done.

        The crops have the shape (n_windows, n_crops, n_chans, n_times). Features are those of the
        inputs; None: they are computed if they are needed.
        """
        average = self.targets_.average_crops
        learner: LearnsHead | LearnsAllWeights
        if options.which == "head" or only_head_learns(self.model_):
            known = inputs.features(self.model_) if features is None else features
            known = known.view(*crops.shape[:2], -1)
            learner = LearnsHead(self.model_, known, average, options.strength)
        else:
            has_statistics = "statistics" in record.how
            learner = LearnsAllWeights(self.model_, crops, average, has_statistics)

        def probabilities() -> Array:
            return self.targets_.predictions(self._scaled(for_numpy(learner.outputs())))

        def learn(labels: Array, chosen: Array) -> Array:
            learner.learn(*(torch.from_numpy(part).to(crops.device) for part in (labels, chosen)))
            return probabilities()

        before = probabilities()
        chosen, reason = learn_own_labels(before, learn, options)
        if reason:
            warnings.warn(
                f"the classifier learns no labels of its own: {reason}",
                AdaptationWarning,
                stacklevel=3,
            )
            how = tuple(step for step in record.how if step != "pseudo_labels")
            return dataclasses.replace(record, how=how, stepped_back=reason)
        self.model_ = learner.model
        doubt = doubt_about(before, options)
        if doubt:
            warnings.warn(
                f"the classifier learns labels of its own, but {doubt}",
                AdaptationWarning,
                stacklevel=3,
            )
        return dataclasses.replace(
            record,
            n_confident=int(chosen.sum()),
            threshold=options.threshold_for(self.targets_.n_outputs),
            which=options.which,
        )
