"""Cards that describe trained weights."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

from eegzoo.arguments import number_between, positive_int


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """Data that weights were trained on.

    Parameters
    ----------
    name : str
        Name of the data set.
    n_subjects : int | None
        Number of subjects. None: not published.
    licence : str
        Licence of the data.
    citation : str
        References to cite with the weights.
    subjects : tuple of str
        Subjects in the training data, named as by `Recording`; empty if they are not known.

    Examples
    --------
    >>> training = eegzoo.find_weights("eegnet.eegmat").metadata.training
    >>> training.n_subjects, training.licence, training.subjects[:2]
    (24, 'ODC-By 1.0', ('eegmat/00', 'eegmat/01'))
    """

    name: str
    n_subjects: int | None
    licence: str
    citation: str
    subjects: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Metric:
    """Measured performance of weights.

    Parameters
    ----------
    measure : str
        Name of the measure: "accuracy", "kappa", ...
    value : float
        Value of the measure.
    protocol : str
        Test windows, and how they were kept apart from the training data.
    n_subjects, n_windows : int | None
        Number of subjects and of windows in the test. None: not published.
    interval : tuple of float
        95 % confidence interval.
    interval_of : str
        Method that gave the interval.

    Raises
    ------
    ValueError
        If the value is outside the interval.

    Examples
    --------
    >>> metric = eegzoo.find_weights("eegnet.physionet_mi2").metadata.metrics[0]
    >>> metric.measure, metric.value, metric.protocol
    ('accuracy', 0.824, 'five folds by subject, mean over folds, from the paper')
    """

    measure: str
    value: float
    protocol: str
    n_subjects: int | None
    n_windows: int | None
    interval: tuple[float, float]
    interval_of: str

    def __post_init__(self) -> None:
        low, high = self.interval
        if not low <= self.value <= high:
            raise ValueError(f"expected an interval around {self.value}, got {self.interval}")

    @classmethod
    def share(cls, n_right: int, n_windows: int, protocol: str, n_subjects: int) -> Self:
        """Return an accuracy with Wilson's interval, which assumes independent windows.

        Examples
        --------
        >>> metric = Metric.share(43, 45, "left against right fist", n_subjects=1)
        >>> round(metric.value, 3), [round(end, 2) for end in metric.interval]
        (0.956, [0.85, 0.99])
        """
        value = n_right / n_windows
        interval = wilson(value, n_windows)
        return cls(
            "accuracy", value, protocol, n_subjects, n_windows, interval, "Wilson, over windows"
        )


@dataclasses.dataclass(frozen=True)
class Origin:
    """Origin of weights.

    Parameters
    ----------
    licence : str
        Licence of the weights.
    sha256 : str
        SHA-256 of their file.
    repository, commit, path : str
        Location of the authors' file on GitHub; empty for weights that eegzoo trained.
    recipe : str
        Script that trained the weights; empty for authors' weights.
    seed : int | None
        Seed of the recipe.
    git_blob : str
        Git's name of the content of the authors' file, a checksum by which it is verified where
        its SHA-256 is not known.

    Examples
    --------
    >>> origin = eegzoo.find_weights("eegnet.physionet_mi2").metadata.origin
    >>> origin.licence, origin.repository
    ('Apache-2.0', 'MHersche/eegnet-based-embedded-bci')
    """

    licence: str
    sha256: str = ""
    repository: str = ""
    commit: str = ""
    path: str = ""
    recipe: str = ""
    seed: int | None = None
    git_blob: str = ""

    @property
    def url(self) -> str:
        """Address of the authors' file at a fixed commit."""
        path = self.path.replace(" ", "%20")
        return f"https://github.com/{self.repository}/raw/{self.commit}/{path}"


@dataclasses.dataclass(frozen=True)
class Card:
    """Description of trained weights.

    Parameters
    ----------
    architecture : str
        Name of the model.
    arguments : mapping
        Arguments that build the model.
    signal : mapping
        Channels, sampling rate, window and unit, from `SignalInfo.to_dict`.
    preprocessing : mapping
        Steps from a recording to windows, from `Preprocessing.to_dict`.
    normalization : str
        Normalisation of windows, as in `EEGClassifier`.
    labels : tuple of str
        Names of the outputs, in order.
    training : TrainingData
        Training data.
    split : str
        How training and test data were kept apart.
    metrics : tuple of Metric
        Measured performance.
    origin : Origin
        Origin of the weights.
    intended_use, not_for : str
        Intended uses, and uses to avoid.
    n_params : int
        Number of trained parameters.
    amplitude : float | None
        Robust amplitude of the training windows in microvolts.
    adapted : str
        The person to whom the weights were adapted afterwards, and how; empty if they are for
        anyone. The metrics are those before.

    Examples
    --------
    >>> card = eegzoo.find_weights("eegnet.eegmat").metadata
    >>> card.architecture, card.labels, card.n_params
    ('eegnet', ('arithmetic', 'rest'), 1218)
    """

    architecture: str
    arguments: Mapping[str, Any]
    signal: Mapping[str, Any]
    preprocessing: Mapping[str, Any]
    normalization: str
    labels: tuple[str, ...]
    training: TrainingData
    split: str
    metrics: tuple[Metric, ...]
    origin: Origin
    intended_use: str
    not_for: str
    n_params: int
    amplitude: float | None = None
    adapted: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the card that `to_dict` described."""
        given = dict(values)
        given["labels"] = tuple(given["labels"])
        training = dict(given["training"])
        training["subjects"] = tuple(training["subjects"])
        given["training"] = TrainingData(**training)
        given["metrics"] = tuple(
            Metric(**{**metric, "interval": tuple(metric["interval"])})
            for metric in given["metrics"]
        )
        given["origin"] = Origin(**given["origin"])
        return cls(**given)


def card_in(extra: Mapping[str, Any], path: object) -> Card | None:
    """Return the card in a file's metadata, or None if there is none.

    Raises
    ------
    ValueError
        If the card cannot be read; the message names the file.
    """
    if "card" not in extra:
        return None
    try:
        return Card.from_dict(extra["card"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the card in {path} cannot be read: {error}") from error


def wilson(share: float, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a proportion among `n` observations."""
    number_between("share", share, 0.0, 1.0)
    positive_int("n", n)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def lines_of(name: str, card: Card) -> Sequence[str]:
    """Return a card as lines of text."""
    signal = card.signal
    origin = card.origin
    steps = [step["step"] for step in card.preprocessing["steps"]]
    source = origin.recipe or f"{origin.repository} {origin.commit[:7]} {origin.path}"
    adapted = [card.adapted] if card.adapted else []
    seconds = (signal["tmin"], signal["tmin"] + signal["n_times"] / signal["sfreq"])
    return [
        name,
        f"  model          {card.architecture}, {card.n_params:,} parameters",
        f"  labels         {', '.join(card.labels)}",
        f"  input          {len(signal['ch_names'])} channels, {signal['sfreq']:g} Hz, "
        f"{seconds[0]:g} to {seconds[1]:g} s from the event, {signal['unit']}",
        f"  channels       {' '.join(signal['ch_names'])}",
        f"  preprocessing  {', '.join(steps)}; normalisation: {card.normalization}",
        f"  trained on     {card.training.name}, {subjects_in_words(card.training.n_subjects)} "
        f"({card.training.licence})",
        f"  split          {card.split}",
        *(f"  then           {then}; the figures are those before" for then in adapted),
        *(
            f"  {metric.measure:<14} {metric.value:.3f} [{metric.interval[0]:.3f}, "
            f"{metric.interval[1]:.3f}] {metric.protocol}; {subjects_in_words(metric.n_subjects)}, "
            f"{_windows(metric.n_windows)}; interval: {metric.interval_of}"
            for metric in card.metrics
        ),
        f"  intended use   {card.intended_use}",
        f"  not for        {card.not_for}",
        f"  weights        {origin.licence}; {source}",
        f"  SHA-256        {origin.sha256}"
        if origin.sha256
        else f"  Git blob       {origin.git_blob}",
        f"  cite           {card.training.citation}",
    ]


def _windows(n: int | None) -> str:
    return "number of windows not published" if n is None else f"{n} windows"


def subjects_in_words(n: int | None) -> str:
    """Return a number of subjects in words; None is one that was not published."""
    if n is None:
        return "number of subjects not published"
    return "1 subject" if n == 1 else f"{n} subjects"
