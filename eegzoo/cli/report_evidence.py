"""Evidence of reports: of a trained model, and of a cross-validation."""

from __future__ import annotations

import dataclasses
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from eegzoo.report.names import without_folders

if TYPE_CHECKING:
    import mne

    from eegzoo.cli.trained import Trained
    from eegzoo.data.preprocessing.event_windows import EventWindows
    from eegzoo.data.preprocessing.preprocessing import Preprocessing
    from eegzoo.data.windows.epochs_dataset import EpochsDataset
    from eegzoo.report.sections import Evidence


@dataclasses.dataclass
class Recordings:
    """The first of several recordings, and the windows that are left out of all."""

    first: mne.io.BaseRaw | None = None
    left_out: Counter[str] = dataclasses.field(default_factory=Counter)

    def add(self, raw: mne.io.BaseRaw, cut: EventWindows) -> None:
        """Add a recording, as it is before preprocessing, with its windows."""
        if self.first is None:
            self.first = raw
        self.left_out.update(left.reason for left in cut.left_out)


def of_trained(
    trained: Trained,
    dataset: EpochsDataset,
    seen: Recordings,
    preprocessing: Preprocessing,
    check_signal: str,
    target: str | None,
    unit: str,
    notes: Sequence[str],
) -> Evidence:
    """Return the evidence of a trained model on labelled windows."""
    from eegzoo.report.evidence import evidence_of

    estimator = trained.load().set_params(check_signal=check_signal)
    y = None if target is None else dataset.groups("target")
    return evidence_of(
        estimator, dataset, y, name=shown_name(trained.name), preprocessing=preprocessing,
        raw=seen.first, unit=unit, target_names=() if target is None else (target,),
        left_out=dict(seen.left_out), notes=tuple(notes),
    )  # fmt: skip


def of_folds(
    dataset: EpochsDataset,
    y: Any,
    kept: Sequence[tuple[Any, Any, Any]],
    name: str,
    seen: Recordings,
    preprocessing: Preprocessing,
    target: str | None,
    fitted: Any = None,
) -> Evidence:
    """Return the evidence of a cross-validation.

    Parameters
    ----------
    dataset : EpochsDataset
        Windows.
    y : array, shape (n_windows,)
        Targets.
    kept : sequence of tuple
        Fitted estimator, training and test windows of each fold.
    name : str
        Name of the model.
    seen : Recordings
        Recordings of the windows.
    preprocessing : Preprocessing
        From a recording to windows.
    target : str | None
        Name of the numbers to predict. None: classes.
    fitted : EEGClassifier | EEGRegressor | None
        Estimator that was fitted on all windows. None: that of the first fold is shown.
    """
    import numpy as np

    from eegzoo.report.evidence import along
    from eegzoo.report.sections import Evidence

    probabilities, classes = None, (target,) if target is not None else dataset.classes
    if target is None:
        probabilities = np.empty((len(dataset), len(dataset.classes)))
        for estimator, _, test in kept:
            known = [str(label) for label in estimator.classes_]
            columns = [known.index(label) for label in dataset.classes]
            probabilities[test] = estimator.predict_proba(dataset.subset(test))[:, columns]
        predicted = np.array(dataset.classes)[probabilities.argmax(axis=1)]
    else:
        predicted = np.empty(len(dataset))
        for estimator, _, test in kept:
            predicted[test] = estimator.predict(dataset.subset(test))
    shown = kept[0][0] if fitted is None else fitted
    which = "on all windows" if fitted is not None else "in the first fold"
    notes = [f"The chapters on the model and on a recording show the model trained {which}."]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the training has said it
        predictions: dict[str, Any] = along(shown, seen.first, preprocessing)
    return Evidence(
        name, shown, dataset, "classes" if target is None else "numbers", y, predicted,
        probabilities, tuple(classes), folds=[(training, test) for _, training, test in kept],
        histories={f"fold {n}": one.history_ for n, (one, _, _) in enumerate(kept, start=1)},
        preprocessing=preprocessing, raw=seen.first, left_out=dict(seen.left_out), notes=notes,
        **predictions,
    )  # fmt: skip


def with_rival(
    evidence: Evidence, trained: Trained, dataset: EpochsDataset, check_signal: str,
    target: str | None,
) -> Evidence:  # fmt: skip
    """Return evidence with the predictions of another model for the same windows.

    Windows of the two models are the same if they are of one event, or begin together.
    """
    from eegzoo.report.comparison.paired_windows import paired_windows
    from eegzoo.report.sections import Rival

    estimator = trained.load().set_params(check_signal=check_signal)
    own, other = paired_windows(evidence.dataset, dataset)
    if not len(own):
        raise ValueError(
            f"expected windows of {trained.name} that are those of {evidence.name}, got none"
        )
    if target is None:
        known = {str(label) for label in estimator.classes_}
        if known != set(evidence.classes):
            raise ValueError(
                f"expected models of the same labels, got {sorted(evidence.classes)} and "
                f"{sorted(known)}"
            )
    predicted = estimator.predict(dataset)[other]
    predicted = predicted.astype(str) if target is None else predicted
    rival = Rival(shown_name(trained.name), own, predicted, len(dataset) - len(other))
    return dataclasses.replace(evidence, rival=rival)


def write(out: Path, evidence: Evidence, pictures: Path | None = None) -> None:
    """Write the report, and say where it is."""
    from eegzoo.report.html_report import ReportWarning, write_page

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        write_page(out, evidence, pictures)
    for warning in caught:
        if issubclass(warning.category, ReportWarning):
            typer.echo(f"warning: {warning.message}", err=True)
        else:
            warnings.showwarning(
                warning.message, warning.category, warning.filename, warning.lineno
            )
    typer.echo(f"wrote the report to {out}")


def shown_name(model: str) -> str:
    """Return the name of a model without the folders of its file."""
    return without_folders([model])[model]
