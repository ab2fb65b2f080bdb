"""Agreement of two scorings window by window: accuracy, kappa, F1 and confusion matrix."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, cohen_kappa_score, confusion_matrix, f1_score

from eegzoo.data.reading.label_files.stages import AASM_STAGES, NOT_SCORED, aasm_stage


@dataclasses.dataclass(frozen=True, eq=False)
class Agreement:
    """How well two scorings of the same windows agree.

    Parameters
    ----------
    n_windows : int
        Number of windows that both score.
    n_unscored : int
        Number of windows that one of them does not score, which are left out.
    accuracy : float
        Share of windows with the same stage.
    kappa : float
        Cohen's kappa, the agreement beyond chance. NaN if both give all windows the same stage.
    macro_f1 : float
        Mean of the stages' F1. Stages that neither gives to any window do not count.
    f1 : dict of str to float
        F1 of each stage; NaN for a stage that neither gives.
    confusion : array of int, shape (5, 5)
        Number of windows by stage of the first (row) and of the second (column), in the order W,
        N1, N2, N3, R.

    Examples
    --------
    >>> found = agreement(["W", "N2", "N2", "R"], ["W", "N2", "N1", "R"])
    >>> found.f1["R"], found.confusion[2].tolist()  # N2 was scored N1 and N2
    (1.0, [0, 1, 1, 0, 0])
    """

    n_windows: int
    n_unscored: int
    accuracy: float
    kappa: float
    macro_f1: float
    f1: dict[str, float]
    confusion: npt.NDArray[np.int64]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict, in which NaN is None."""
        values = dataclasses.asdict(self)
        for name in ("accuracy", "kappa", "macro_f1"):
            values[name] = none_if_nan(values[name])
        values["f1"] = {stage: none_if_nan(value) for stage, value in self.f1.items()}
        values["confusion"] = {"labels": list(AASM_STAGES), "matrix": self.confusion.tolist()}
        return values


def agreement(true: npt.ArrayLike, predicted: npt.ArrayLike) -> Agreement:
    """Compute how well two scorings of the same windows agree.

    Parameters
    ----------
    true, predicted : array of str, shape (n_windows,)
        Stage of each window in any spelling, also of Rechtschaffen and Kales. Windows that one of
        the two does not score ("?", movement, artefact) are left out and counted.

    Returns
    -------
    Agreement
        Measures of agreement.

    Raises
    ------
    ValueError
        If the lengths differ, a label is no stage, or no window is scored by both.

    Examples
    --------
    >>> found = agreement(["W", "W", "N2", "N3", "REM", "?"], ["W", "N1", "N2", "N3", "R", "W"])
    >>> found.n_windows, found.n_unscored, found.accuracy, round(found.kappa, 3)
    (5, 1, 0.8, 0.75)
    """
    one, other = as_stages("true", true), as_stages("predicted", predicted)
    if one.shape != other.shape:
        raise ValueError(
            f"expected as many windows in predicted as in true, got {len(other)} and {len(one)}"
        )
    scored = (one != NOT_SCORED) & (other != NOT_SCORED)
    if not scored.any():
        raise ValueError(f"expected windows that both score, got none of {len(one)}")
    n_unscored, one, other = int((~scored).sum()), one[scored], other[scored]
    f1 = f1_score(one, other, labels=AASM_STAGES, average=None, zero_division=math.nan)
    return Agreement(
        len(one),
        n_unscored,
        float(accuracy_score(one, other)),
        _kappa(one, other),
        float(np.nanmean(f1)),
        dict(zip(AASM_STAGES, map(float, f1), strict=True)),
        confusion_matrix(one, other, labels=AASM_STAGES),
    )


def as_stages(name: str, labels: npt.ArrayLike) -> npt.NDArray[np.str_]:
    """Return labels as the AASM's stages or "?"; raise a ValueError if one is no stage."""
    given = np.asarray(labels)
    if given.ndim != 1:
        raise ValueError(f"expected {name} of shape (n_windows,), got {given.shape}")
    known = {str(label): aasm_stage(str(label)) for label in np.unique(given)}
    odd = [label for label, stage in known.items() if stage is None]
    if odd:
        raise ValueError(f"expected sleep stages in {name}, got {odd[:8]}")
    return np.array([str(known[str(label)]) for label in given], dtype="<U2")


def none_if_nan(value: float) -> float | None:
    """Return None for NaN, which JSON has no word for."""
    return None if math.isnan(value) else value


def _kappa(one: npt.NDArray[np.str_], other: npt.NDArray[np.str_]) -> float:
    if len(np.unique(np.concatenate([one, other]))) == 1:
        return math.nan  # scikit-learn warns
    return float(cohen_kappa_score(one, other))
