"""What trained weights say of themselves."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

from eegzoo.arguments import number_between, positive_int


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """What weights were trained on.

    Parameters
    ----------
    name : str
        Of the data set.
    n_subjects : int
        How many people.
    licence : str
        Of the data.
    citation : str
        What users of the weights cite.
    subjects : tuple of str
        Whom the weights have seen, as `Recording` names them; empty if that is not known.
    """

    name: str
    n_subjects: int
    licence: str
    citation: str
    subjects: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Metric:
    """How well weights do.

    Parameters
    ----------
    measure : str
        "accuracy", "kappa", ...
    value : float
        Measured.
    protocol : str
        On which windows of whom, and how they were kept from the training.
    n_subjects, n_windows : int
        How many people and windows were tested on.
    interval : tuple of float
        95 % interval.
    interval_of : str
        How the interval was found.
    """

    measure: str
    value: float
    protocol: str
    n_subjects: int
    n_windows: int
    interval: tuple[float, float]
    interval_of: str

    def __post_init__(self) -> None:
        low, high = self.interval
        if not low <= self.value <= high:
            raise ValueError(f"expected an interval around {self.value}, got {self.interval}")

    @classmethod
    def share(cls, n_right: int, n_windows: int, protocol: str, n_subjects: int) -> Self:
        """Return an accuracy with Wilson's interval, which takes windows as independent.

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
    """Where weights are from.

    Parameters
    ----------
    licence : str
        Under which the weights stand.
    sha256 : str
        Of the file that holds them.
    repository, commit, path : str
        The authors' file on GitHub; empty for our own.
    recipe : str
        The script that made our own; empty for the authors'.
    seed : int | None
        Of the recipe.
    """

    licence: str
    sha256: str = ""
    repository: str = ""
    commit: str = ""
    path: str = ""
    recipe: str = ""
    seed: int | None = None

    @property
    def url(self) -> str:
        """The pinned address of the authors' file."""
        path = self.path.replace(" ", "%20")
        return f"https://github.com/{self.repository}/raw/{self.commit}/{path}"


@dataclasses.dataclass(frozen=True)
class Card:
    """All that is known of trained weights, as data.

    Parameters
    ----------
    architecture : str
        Name of the model.
    arguments : mapping
        That build it.
    signal : mapping
        Of `SignalInfo`: what its windows are.
    preprocessing : mapping
        Of `Preprocessing`: what makes windows of a recording.
    normalization : str
        How windows are normalised, as in `EEGClassifier`.
    labels : tuple of str
        Names of the outputs, in order.
    training : TrainingData
        What it was trained on.
    split : str
        How training and test were kept apart.
    metrics : tuple of Metric
        What was measured.
    origin : Origin
        Where the weights are from.
    intended_use, not_for : str
        What they are for, and what they are not for.
    n_params : int
        Parameters that were learnt.
    amplitude : float | None
        Robust amplitude of the windows it was trained on, in microvolts.
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

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return what `to_dict` made."""
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


def wilson(share: float, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of `n`."""
    number_between("share", share, 0.0, 1.0)
    positive_int("n", n)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def lines_of(name: str, card: Card) -> Sequence[str]:
    """Return a card in words, a line for each thing."""
    signal = card.signal
    origin = card.origin
    steps = [step["step"] for step in card.preprocessing["steps"]]
    source = origin.recipe or f"{origin.repository} {origin.commit[:7]} {origin.path}"
    seconds = (signal["tmin"], signal["tmin"] + signal["n_times"] / signal["sfreq"])
    return [
        name,
        f"  model          {card.architecture}, {card.n_params:,} parameters",
        f"  labels         {', '.join(card.labels)}",
        f"  takes          {len(signal['ch_names'])} channels, {signal['sfreq']:g} Hz, "
        f"{seconds[0]:g} to {seconds[1]:g} s from the event, {signal['unit']}",
        f"  channels       {' '.join(signal['ch_names'])}",
        f"  preprocessing  {', '.join(steps)}; normalisation: {card.normalization}",
        f"  trained on     {card.training.name}, {card.training.n_subjects} subjects "
        f"({card.training.licence})",
        f"  split          {card.split}",
        *(
            f"  {metric.measure:<14} {metric.value:.3f} [{metric.interval[0]:.3f}, "
            f"{metric.interval[1]:.3f}] {metric.protocol}; {metric.n_subjects} subjects, "
            f"{metric.n_windows} windows; interval: {metric.interval_of}"
            for metric in card.metrics
        ),
        f"  for            {card.intended_use}",
        f"  not for        {card.not_for}",
        f"  weights        {origin.licence}; {source}",
        f"  SHA-256        {origin.sha256}",
        f"  cite           {card.training.citation}",
    ]
