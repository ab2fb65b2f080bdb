"""Alignment of each person's windows in the estimators: in training, and in use."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from sklearn.utils.validation import check_is_fitted

from eegzoo.data.preprocessing.by_person.fitted_alignment import FittedAlignment
from eegzoo.data.preprocessing.by_person.person_alignment import PersonAlignment, as_alignment
from eegzoo.data.preprocessing.normalization import Normalizer, Unchanged
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.data.windows.aligned_people import (
    aligned_inputs,
    apply_alignments,
    causally_aligned,
)
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.estimator_inputs import Inputs, as_inputs
from eegzoo.data.windows.torch_datasets import check_in_order
from eegzoo.models.base import EEGModel
from eegzoo.training.inputs.fit_data import FitData
from eegzoo.training.inputs.people import check_one_person, people_of
from eegzoo.training.targets.window_weights import as_mask

Mask = npt.NDArray[np.bool_]


class AlignsPeople:
    """Mixin of the estimators: alignment by person.

    Attributes
    ----------
    align_ : PersonAlignment | None
        Alignment that the estimator was trained with.
    alignment_ : FittedAlignment | None
        Alignment of the one person that the estimator is for; None if it aligns each person in use.
    """

    align: str | PersonAlignment | None
    # Whether windows are aligned by those before them only, as in a stream.
    causal: bool = False
    align_: PersonAlignment | None = None
    alignment_: FittedAlignment | None = None
    model_: EEGModel
    model: Any
    sfreq: float | None
    check_signal: str
    signal_info_: SignalInfo | None
    normalizer_: Normalizer
    amplitude_: float | None
    adaptation_: Any = None
    _check_window: Callable[[Inputs], None]
    _outputs: Callable[..., torch.Tensor]
    set_params: Callable[..., Any]

    def _aligned_data(self, data: FitData) -> FitData:
        """Return training data, or validation data, aligned person by person."""
        alignment = as_alignment(self.align)
        if alignment is None:
            return data
        known = self.model.sfreq if isinstance(self.model, EEGModel) else None
        sfreq = self.sfreq or known
        if self.causal:
            return data.with_inputs(causally_aligned(data.inputs, alignment, sfreq, data.people))
        return data.with_inputs(
            aligned_inputs(data.inputs, alignment, data.people, data.mask, sfreq)
        )

    def _aligned(self, inputs: Inputs, groups: Any, mask: Mask | None) -> Inputs:
        """Return windows to predict from, aligned person by person or for the one person."""
        if self.alignment_ is not None or self.adaptation_ is not None:
            check_one_person(inputs, groups)
        if self.alignment_ is not None:
            return apply_alignments(inputs, [self.alignment_])
        if self.align_ is None:
            return inputs
        people, sfreq = people_of(inputs, groups), self.model_.sfreq or self.sfreq
        if self.causal:
            return causally_aligned(inputs, self.align_, sfreq, people)
        return aligned_inputs(inputs, self.align_, people, mask, sfreq)

    def _causal_outputs(self, dataset: EpochsDataset, batch_size: int) -> torch.Tensor:
        """Return the outputs for windows of a recording, each aligned by those up to its own."""
        if self.align_ is None or self.alignment_ is not None:
            return self._outputs(dataset, None, batch_size)
        inputs = as_inputs(dataset, self.signal_info_, self.check_signal)
        self._check_window(inputs)
        inputs.check_amplitude(None, self.amplitude_, self.check_signal)
        aligned = causally_aligned(inputs, self.align_)
        estimator = copy.copy(self)
        estimator.align_, estimator.check_signal = None, "ignore"
        info = inputs.info or dataset.info
        windows = EpochsDataset(
            aligned.X, dataset.y, dataset.classes, info, inputs.metadata, "ignore"
        )
        return estimator._outputs(windows, None, batch_size)

    def with_alignment(self, align: str | PersonAlignment) -> Self:
        """Return a copy of an estimator trained without `align` that aligns each person in use.

        The alignment takes the place of the normalisation that was fitted to the training windows:
        with "euclid" or "riemann" that of "whiten", with "zscore" that of "standardize". The new
        person's windows get the covariance that the normalised training windows had.

        Parameters
        ----------
        align : {"zscore", "euclid", "riemann"} | PersonAlignment
            Alignment, not in bands.

        Returns
        -------
        EEGClassifier | EEGRegressor
            Estimator, which shares the model with this one.

        Raises
        ------
        ValueError
            If the estimator was trained with `align`, or its normalisation is another one.

        Examples
        --------
        >>> trained = eegzoo.training.EEGClassifier.from_weights("eegnet.ssvep_exo")
        >>> trained.normalizer_.how, trained.with_alignment("riemann").align_.method
        ('whiten', 'riemann')
        """
        check_is_fitted(self, "model_")
        alignment = as_alignment(align)
        if alignment is None or self.align_ is not None:
            raise ValueError(
                f"expected an alignment for an estimator without one, got {align!r} for one with "
                f"{self.align_!r}"
            )
        needed = "standardize" if alignment.method == "zscore" else "whiten"
        if self.normalizer_.how != needed or alignment.bands is not None:
            raise ValueError(
                f"expected an estimator that was trained with normalize={needed!r}, in whose place "
                f"{alignment} can be, got {self.normalizer_.how!r}"
            )
        aligned = copy.copy(self)
        aligned.align_, aligned.normalizer_ = alignment, Unchanged()
        aligned.set_params(align=alignment, normalize="none")
        return aligned

    def _aligned_for(self, X: Any, mask: npt.ArrayLike | None = None) -> Self:
        """Return a copy of the fitted estimator that is aligned to one person.

        Parameters
        ----------
        X : mne.Epochs | Dataset | array, shape (n_windows, n_chans, n_times)
            Windows of the person, as in `predict`. No labels are read.
        mask : array of bool, shape (n_sequences, n_windows) | None
            False for the windows of sequences that are padding.

        Returns
        -------
        EEGClassifier | EEGRegressor
            Estimator that applies this alignment to all windows. It shares the model with `self`.

        Raises
        ------
        ValueError
            If the estimator was trained without `align`, the windows do not match the training, or
            they cannot be aligned (`PersonAlignment.fit`).
        """
        check_is_fitted(self, "model_")
        if self.align_ is None:
            raise ValueError("expected an estimator that was trained with align, got align=None")
        check_in_order(X)
        inputs = as_inputs(X, self.signal_info_, self.check_signal)
        self._check_window(inputs)
        counts = as_mask(mask, inputs.X.shape[:-2])
        sfreq = inputs.info.sfreq if inputs.info else self.model_.sfreq or self.sfreq
        aligned = copy.copy(self)
        aligned.alignment_ = self.align_.fit(inputs.windows(counts), sfreq)
        return aligned
