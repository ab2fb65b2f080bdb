"""Writes the report of a model as one HTML file."""

from __future__ import annotations

import datetime
import os
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo._version import __version__
from eegzoo.arguments import positive_int
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.files import check_writable, check_writable_folder, written_whole
from eegzoo.report.contents import all_sections
from eegzoo.report.evidence import evidence_of
from eegzoo.report.page import Part, png_bytes, render_page
from eegzoo.report.sections import Evidence, Picture, Text


class ReportWarning(UserWarning):
    """Warning that a section of a report could not be made."""


def write_report(
    out: str | os.PathLike[str],
    estimator: Any,
    X: Any,
    y: npt.ArrayLike | None = None,
    *,
    name: str | None = None,
    preprocessing: Preprocessing | None = None,
    raw: mne.io.BaseRaw | None = None,
    unit: str = "",
    target_names: tuple[str, ...] = (),
    pictures: str | os.PathLike[str] | None = None,
) -> Path:
    """Write a report of a fitted estimator on windows as one HTML file.

    The file contains its pictures and loads nothing. It has no folders of this machine.

    Parameters
    ----------
    out : path-like
        File to write.
    estimator : EEGClassifier | EEGRegressor
        Fitted estimator. It should not have been trained on these windows.
    X : mne.Epochs | EpochsDataset | array, shape (n_windows, n_chans, n_times)
        Windows; arrays are in microvolts.
    y : array, shape (n_windows,) or (n_windows, n_targets) | None
        Targets. None: the labels of `X`.
    name : str | None
        Name of the model. None: that of its architecture.
    preprocessing : Preprocessing | None
        Preprocessing of the recordings. None: that of the estimator, if it is known.
    raw : mne.io.Raw | None
        A recording, along which the report shows predictions.
    unit : str
        Unit of the targets of a regressor.
    target_names : tuple of str
        Names of the targets of a regressor or of the labels of a multilabel classifier.
    pictures : path-like | None
        Folder for the pictures as PNG files as well, such as "confusion-matrix-1.png".

    Returns
    -------
    Path
        The file.

    Warns
    -----
    ReportWarning
        If a section cannot be made; the report says so in its place.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=20, random_state=0)
    >>> epochs = mne.Epochs(raw, tmin=0, tmax=2, baseline=None, preload=True, verbose=False)
    >>> classifier = eegzoo.training.EEGClassifier("eegnet", max_epochs=1, random_state=0)
    >>> classifier = classifier.fit(epochs[:10])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write_report(f"{folder}/report.html", classifier, epochs[10:])
    ...     file.read_text(encoding="utf-8").count("<img ") >= 8
    True
    """
    check_writable(out)
    if pictures is not None:
        check_writable_folder(pictures)
    evidence = evidence_of(
        estimator, X, y, name=name, preprocessing=preprocessing, raw=raw, unit=unit,
        target_names=target_names,
    )  # fmt: skip
    return write_page(out, evidence, pictures)


def write_page(
    out: str | os.PathLike[str],
    evidence: Evidence,
    pictures: str | os.PathLike[str] | None = None,
) -> Path:
    """Write the report of evidence, with all sections that apply, as one HTML file.

    Parameters
    ----------
    out : path-like
        File to write.
    evidence : Evidence
        What the report is made from.
    pictures : path-like | None
        Folder for the pictures as PNG files as well.

    Warns
    -----
    ReportWarning
        If a section cannot be made; the report says so in its place.
    """
    parts = []
    for section in all_sections():
        try:
            items = list(section.make(evidence))
        except Exception as error:  # a training of hours is not lost to one picture
            reason = f"{section.title}: {type(error).__name__}: {error}"
            warnings.warn(f"left out of the report: {reason}", ReportWarning, stacklevel=2)
            # The message can name files of this machine.
            items = [Text("This section could not be made; see the warning where the report was "
                          f"written ({type(error).__name__}).", is_warning=True)]  # fmt: skip
        if items:
            parts.append(Part(section.chapter, section.title, items))
    page = render_page(f"{evidence.name}: report", facts_of(evidence), parts, _footer())
    out = Path(out)
    with written_whole(out) as draft:
        draft.write_text(page, encoding="utf-8", newline="\n")
    if pictures is not None:
        _write_pictures(Path(pictures), parts)
    return out


def _write_pictures(folder: Path, parts: Sequence[Part]) -> None:
    """Write the pictures of a report as PNG files, named after their headings."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in parts:
        drawn = [item.figure for item in part.items if isinstance(item, Picture)]
        for number, figure in enumerate(drawn, start=1):
            name = re.sub(r"[^a-z0-9]+", "-", part.title.lower()).strip("-")
            with written_whole(folder / f"{name}-{number}.png") as draft:
                draft.write_bytes(png_bytes(figure))


def facts_of(evidence: Evidence) -> list[tuple[str, str]]:
    """Return what the page says below its title: the model and the windows."""
    estimator, dataset = evidence.estimator, evidence.dataset
    facts = [("Model", evidence.name)]
    model = getattr(estimator, "model_", None)
    if model is not None:
        n = sum(parameter.numel() for parameter in model.parameters())
        facts.append(("Architecture", f"{_architecture(estimator)}, {n:,} parameters"))
    if evidence.kind != "numbers" and evidence.classes:
        shown = ", ".join(evidence.classes[:12]) + (", …" if len(evidence.classes) > 12 else "")
        facts.append(("Classes" if evidence.kind == "classes" else "Labels", shown))
    n_chans = len(dataset.info.ch_names)
    n_people = len(np.unique(evidence.people))
    kind = "subject" if "subject" in dataset.metadata else "recording"
    facts.append(
        (
            "Windows",
            f"{len(dataset)}, of {n_people} {kind}{'' if n_people == 1 else 's'}, "
            f"{n_chans} channel{'' if n_chans == 1 else 's'} at {dataset.info.sfreq:g} Hz",
        )
    )
    how = (
        f"cross-validation in {positive_int('folds', len(evidence.folds))} folds"
        if evidence.folds
        else "a trained model on these windows"
    )
    return [*facts, ("Predictions", how)]


def _architecture(estimator: Any) -> str:
    model = estimator.model
    if isinstance(model, str):
        return model
    return model.__name__ if isinstance(model, type) else type(model).__name__


def _footer() -> str:
    today = datetime.date.today().isoformat()
    return f"Written by eegzoo {__version__} on {today}."
