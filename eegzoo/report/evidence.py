"""Evidence of a report: predictions of a fitted estimator for windows."""

from __future__ import annotations

import warnings
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.estimator_inputs import as_inputs
from eegzoo.report.sections import Evidence
from eegzoo.training.regressor import EEGRegressor
from eegzoo.training.targets.targets import LabelSets

Array = npt.NDArray[Any]
_MOST_ALONG = 400  # windows along a recording: more take long, and are no clearer


def evidence_of(
    estimator: Any,
    X: Any,
    y: npt.ArrayLike | None = None,
    *,
    name: str | None = None,
    preprocessing: Preprocessing | None = None,
    raw: mne.io.BaseRaw | None = None,
    unit: str = "",
    target_names: tuple[str, ...] = (),
    **known: Any,
) -> Evidence:
    """Return the evidence of a fitted estimator on windows.

    Parameters
    ----------
    estimator, X, y, name, preprocessing, raw, unit, target_names
        As in `write_report`.
    **known
        Further fields of `Evidence`.

    Raises
    ------
    ValueError
        If there are no targets, or a label that the estimator does not know.
    """
    dataset, true = windows_of(estimator, X, y)
    preprocessing = preprocessing or getattr(estimator, "preprocessing_", None)
    if name is None:
        model = estimator.model
        name = model if isinstance(model, str) else type(model).__name__
    probabilities = None
    if isinstance(estimator, EEGRegressor):
        kind, classes = "numbers", tuple(target_names)
        true = true.astype(np.float64)
        predicted = estimator.predict(dataset).reshape(true.shape)
    else:
        probabilities = estimator.predict_proba(dataset)
        classes = tuple(str(label) for label in estimator.classes_)
        if isinstance(estimator.targets_, LabelSets):
            kind, classes = "labels", tuple(target_names) or classes
            predicted = (probabilities > 0.5).astype(true.dtype)
        else:
            kind, true = "classes", true.astype(str)
            unknown = np.setdiff1d(true, classes)
            if unknown.size:
                raise ValueError(
                    f"expected labels {list(classes)}, got {unknown.tolist()}, which the "
                    "classifier was not trained on"
                )
            predicted = np.array(classes)[probabilities.argmax(axis=1)]
    history = getattr(estimator, "history_", None)
    fields: dict[str, Any] = {
        "probabilities": probabilities, "classes": classes, "unit": unit,
        "histories": {"training": history} if history else {}, "preprocessing": preprocessing,
        "raw": raw, **along(estimator, raw, preprocessing), **known,
    }  # fmt: skip
    return Evidence(name, estimator, dataset, kind, true, predicted, **fields)


def windows_of(estimator: Any, X: Any, y: npt.ArrayLike | None) -> tuple[EpochsDataset, Array]:
    """Return windows as a data set with the channels of an estimator, and their targets."""
    inputs = as_inputs(X, estimator.signal_info_, estimator.check_signal)
    if inputs.is_sequences:
        raise ValueError(
            f"expected X of single windows, got sequences of shape {tuple(inputs.X.shape)}"
        )
    true = inputs.labels if y is None else np.asarray(y)
    if true is None:
        raise ValueError("expected y, because X has no labels, got None")
    if len(true) != len(inputs.X):
        raise ValueError(f"expected y of {len(inputs.X)} windows, got {len(true)}")
    info = inputs.info
    if info is None:
        sfreq = estimator.sfreq or getattr(estimator.model_, "sfreq", None)
        if sfreq is None:
            raise ValueError("expected an estimator with sfreq, because X is an array; got None")
        n_chans, n_times = inputs.window_shape
        info = SignalInfo([f"channel {n + 1}" for n in range(n_chans)], float(sfreq), n_times)
    classes: tuple[str, ...] = ()
    codes: Array = np.zeros(len(true), np.int64)
    if true.ndim == 1 and not isinstance(estimator, EEGRegressor):
        names, codes = np.unique(true.astype(str), return_inverse=True)
        classes = tuple(names.tolist())
    dataset = EpochsDataset(
        inputs.X, codes, classes or ("?",), info, inputs.metadata, check_signal="ignore"
    )
    return dataset, true


def along(
    estimator: Any, raw: mne.io.BaseRaw | None, preprocessing: Preprocessing | None
) -> dict[str, Array]:
    """Return the predictions along a recording as fields of `Evidence`; none if there are none.

    Of a long recording they are those of its first windows. A recording that does not fit the
    estimator is a warning.
    """
    if raw is None or preprocessing is None or estimator.signal_info_ is None:
        return {}
    most = _MOST_ALONG * estimator.signal_info_.n_times / estimator.signal_info_.sfreq
    if most < float(raw.times[-1]):
        raw = raw.copy().crop(0, most)
    try:
        onsets, predictions = estimator.predict_recording(raw, preprocessing=preprocessing)
    except ValueError as error:
        warnings.warn(f"no predictions along the recording: {error}", UserWarning, stacklevel=3)
        return {}
    return {"onsets": onsets, "along": predictions}
