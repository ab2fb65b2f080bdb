"""Mixin of the classifier: training pass by pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy.typing as npt


class PartialFit:
    """Mixin of `EEGClassifier`: passes over windows that arrive in parts."""

    calibration: str | None
    _partial_fit: Callable[..., Any]

    def partial_fit(
        self,
        X: Any,
        y: npt.ArrayLike | None = None,
        classes: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
        groups: Any = None,
    ) -> Self:
        """Train for one pass over the windows, starting from the current weights.

        The learning rate is `lr` throughout; warm-up, moving average, validation and checkpoints
        are not used. The normalisation is fitted in the first call. The statistics of batch
        normalisation are those of the windows in the last call.

        Parameters
        ----------
        X, y, sample_weight, mask
            As in `fit`.
        classes : array, shape (n_classes,) | None
            All labels, including those of later calls. Required in the first call, unless the
            classifier is already fitted.
        groups : array, shape (n_windows,) | str | None
            Person of each window, as in `fit`. With `align`, each person is aligned by the windows
            of this call.

        Returns
        -------
        self
            The fitted classifier. If an error is raised, it is not changed.

        Raises
        ------
        ValueError
            As in `fit`; also if y has labels that are not in `classes`.
        """
        if classes is None and not hasattr(self, "model_"):
            raise ValueError("expected classes in the first call of partial_fit, got None")
        if self.calibration is not None:
            raise ValueError(
                f"expected calibration None with partial_fit, which holds out no people, got "
                f"{self.calibration!r}: call fit_calibration after the last pass"
            )
        fitted: Self = self._partial_fit(X, y, sample_weight, mask, classes, groups)
        return fitted
