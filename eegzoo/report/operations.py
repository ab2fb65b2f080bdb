"""How many windows a model can compute in a reasonable time."""

from __future__ import annotations

import torch

from eegzoo.models.base import parameter_like
from eegzoo.models.multiply_adds import count_macs
from eegzoo.training.estimator import EEGEstimator

# Elementwise operations, which are not counted, take time as well.
_FEWEST_OPERATIONS = 5e6


def affordable_windows(estimator: EEGEstimator, budget: float) -> int:
    """Return the number of windows that an estimator predicts in a number of multiply-adds.

    Time is not measured, so that the same report comes out on every machine.

    Parameters
    ----------
    estimator : EEGClassifier | EEGRegressor
        Fitted estimator.
    budget : float
        Number of multiply-adds.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(0.0, 10.0, (20, 3, 128)).astype("float32")
    >>> classifier = eegzoo.training.EEGClassifier("eegnet", sfreq=128, max_epochs=1)
    >>> affordable_windows(classifier.fit(X, [0, 1] * 10), 1e9)
    200
    """
    model = estimator.model_.eval()
    like = parameter_like([model])
    window = torch.zeros(1, model.n_chans, model.n_times, dtype=like.dtype, device=like.device)
    # A window has as many crops as fit it, at most.
    n_crops = min(estimator.settings().n_crops, estimator.n_times_ - model.n_times + 1)
    return int(budget / (max(count_macs(model, window), _FEWEST_OPERATIONS) * n_crops))
