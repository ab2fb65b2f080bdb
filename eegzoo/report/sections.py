"""What a report is made of: its evidence, and sections that draw from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure, SubFigure

from eegzoo.arguments import one_of
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.report.style import alternative_text
from eegzoo.training.loop.history import History

Array = npt.NDArray[Any]
Rows = Sequence[Sequence[str]]
KINDS = ("classes", "labels", "numbers")
# The chapters of a report, in order.
CHAPTERS = ("Result", "Comparison", "Data", "Model", "One decision", "A recording")


@dataclasses.dataclass(frozen=True)
class Rival:
    """Another model, on windows of the same evidence.

    Parameters
    ----------
    name : str
        Name of the model.
    windows : array of int, shape (n,)
        Windows of the evidence that it predicted.
    predicted : array, shape (n,)
        Its predictions for them.
    n_unpaired : int
        Number of its own windows that the evidence does not have.

    Examples
    --------
    >>> Rival("shallow_convnet", np.array([0, 1]), np.array(["left", "right"])).n_unpaired
    0
    """

    name: str
    windows: Array
    predicted: Array
    n_unpaired: int = 0


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What a report is made from. What is None or empty is not known, and is not drawn.

    Parameters
    ----------
    name : str
        Name of the model, as the report shows it.
    estimator : EEGClassifier | EEGRegressor
        Fitted estimator.
    dataset : EpochsDataset
        Windows that were predicted, in microvolts, with their channels and metadata.
    kind : {"classes", "labels", "numbers"}
        Kind of the targets: one class a window, several labels a window, or numbers.
    true : array, shape (n_windows,) or (n_windows, n_targets)
        Target of each window.
    predicted : array, of the shape of `true`
        Prediction for each window, by a model that was not trained on it.
    probabilities : array, shape (n_windows, n_classes) | None
        Probability of each class or label.
    classes : tuple of str
        Names of the classes or labels, in the order of `probabilities`; of the targets, for
        numbers.
    unit : str
        Unit of numbers; empty if it is not known.
    folds : sequence of tuple
        Training and test windows of each fold of a cross-validation. Empty: the model was trained
        on other data.
    histories : mapping of str to History
        Course of each training, by a name.
    preprocessing : Preprocessing | None
        From a recording to windows.
    raw : mne.io.Raw | None
        A recording, as it was before preprocessing.
    left_out : mapping of str to int
        Number of windows that were left out, by reason.
    onsets : array, shape (n_windows_of_raw,) | None
        Onsets of sliding windows along `raw` in seconds.
    along : array, shape (n_windows_of_raw, n_classes) or (n_windows_of_raw,) | None
        Predictions for the sliding windows.
    rival : Rival | None
        Model to compare with.
    notes : sequence of str
        What a reader should know first, such as that the model was trained on these subjects.

    Examples
    --------
    >>> info = eegzoo.data.SignalInfo(["C3", "C4"], sfreq=100.0, n_times=100)
    >>> X = np.random.default_rng(0).normal(0, 10, (4, 2, 100))
    >>> dataset = eegzoo.data.EpochsDataset(X, [0, 1, 0, 1], ["left", "right"], info)
    >>> evidence = Evidence(
    ...     "my model", None, dataset, "classes", dataset.labels, dataset.labels[::-1]
    ... )
    >>> evidence.people.tolist()
    ['all', 'all', 'all', 'all']
    """

    name: str
    estimator: Any
    dataset: EpochsDataset
    kind: str
    true: Array
    predicted: Array
    probabilities: Array | None = None
    classes: tuple[str, ...] = ()
    unit: str = ""
    folds: Sequence[tuple[Array, Array]] = ()
    histories: Mapping[str, History] = dataclasses.field(default_factory=dict)
    preprocessing: Preprocessing | None = None
    raw: mne.io.BaseRaw | None = None
    left_out: Mapping[str, int] = dataclasses.field(default_factory=dict)
    onsets: Array | None = None
    along: Array | None = None
    rival: Rival | None = None
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        one_of("kind", self.kind, KINDS)
        for name in ("true", "predicted", "probabilities"):
            value = getattr(self, name)
            if value is not None and len(value) != len(self.dataset):
                raise ValueError(
                    f"expected {name} of {len(self.dataset)} windows, got {len(value)}"
                )

    @property
    def people(self) -> Array:
        """Name of each window's subject, or of its recording; "all" if neither is known."""
        known = self.dataset.metadata
        for column in ("subject", "recording"):
            if column in known:
                return known[column].astype(str)
        return np.full(len(self.dataset), "all")


@dataclasses.dataclass(frozen=True)
class Picture:
    """Figure with its caption. The figure has an alternative text (`eegzoo.report.describe`).

    Examples
    --------
    >>> from eegzoo.report.style import one_axes
    >>> figure, axes = one_axes(None)
    >>> eegzoo.report.describe(axes, "Nothing, on axes from 0 to 1.")
    >>> Picture(figure, "Without data.").caption
    'Without data.'
    """

    figure: Figure | SubFigure
    caption: str

    def __post_init__(self) -> None:
        alternative_text(self.figure)  # raises if there is none


@dataclasses.dataclass(frozen=True)
class Table:
    """Table with its caption.

    Examples
    --------
    >>> Table(("subject", "accuracy"), [("S1", ".90")], "Accuracy of each subject.").header
    ('subject', 'accuracy')
    """

    header: Sequence[str]
    rows: Rows
    caption: str


@dataclasses.dataclass(frozen=True)
class Text:
    """Paragraph. With `is_warning` it is set off.

    Examples
    --------
    >>> Text("43 of 45 trials are classified correctly.").is_warning
    False
    """

    text: str
    is_warning: bool = False


@dataclasses.dataclass(frozen=True)
class Code:
    """Program text with its caption.

    Examples
    --------
    >>> Code("raw.filter(4, 38)", "The preprocessing with MNE.").text
    'raw.filter(4, 38)'
    """

    text: str
    caption: str


Item = Picture | Table | Text | Code


@dataclasses.dataclass(frozen=True)
class Section:
    """Part of a report under a heading.

    Parameters
    ----------
    chapter : str
        Chapter of the report, one of `CHAPTERS`.
    title : str
        Heading.
    make : callable
        Function of the `Evidence` that returns pictures, tables, texts and code. An empty sequence
        if the section does not apply: then its heading is left out as well.

    Examples
    --------
    >>> def count(evidence):
    ...     return [Text(f"{len(evidence.dataset)} windows")]
    >>> Section("Data", "Number of windows", count).title
    'Number of windows'
    """

    chapter: str
    title: str
    make: Callable[[Evidence], Sequence[Item]]

    def __post_init__(self) -> None:
        one_of("chapter", self.chapter, CHAPTERS)
