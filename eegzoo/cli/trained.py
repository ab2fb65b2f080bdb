"""The trained model that a verb is given: a file, or the name of weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from eegzoo.data.preprocessing.preprocessing import Preprocessing
    from eegzoo.data.signal.signal_info import SignalInfo
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.weights.weights import Weights

Model = Annotated[
    str, typer.Argument(help="A file that eegzoo train saved, or a name of eegzoo weights.")
]


@dataclasses.dataclass(frozen=True)
class Trained:
    """A trained model and what it takes. `find_trained` gives it.

    Parameters
    ----------
    name : str
        Of the file or the weights.
    preprocessing : Preprocessing
        What makes windows of a recording.
    signal : SignalInfo | None
        What its windows are; None if it was trained on arrays.
    load : callable
        Returns the fitted classifier. Authors' weights are fetched on first use.
    weights : Weights | None
        What else is known of it; None for a file without a card.
    """

    name: str
    preprocessing: Preprocessing
    signal: SignalInfo | None
    load: Callable[[], EEGClassifier]
    weights: Weights | None = None


def find_trained(given: str) -> Trained:
    """Return the trained model of a file or of a name.

    Raises
    ------
    FileNotFoundError
        If it is a path, and there is no file.
    ValueError
        If it is the name of nothing, with the nearest name; or the file holds no classifier.
    """
    from eegzoo.models.saving import read_metadata
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.weights.catalogue import find_weights, weights_in

    if not is_file(given):
        return _of(find_weights(given))
    classifier = EEGClassifier.load(given)
    has_card = "card" in read_metadata(given)["extra"]
    return Trained(
        given,
        classifier.trained_preprocessing(),
        classifier.signal_info_,
        lambda: classifier,
        weights_in(given) if has_card else None,
    )


def is_file(given: str) -> bool:
    """Tell whether a verb's argument is meant as a file; if not, it is a name of weights."""
    path = Path(given)
    return path.exists() or path.suffix == ".safetensors" or len(path.parts) > 1


def fold_for(given: str, trained: Trained, subjects: Collection[str]) -> Trained:
    """Return the fold of a family that never saw any of the subjects, and say what is known.

    What is no family stays what it is: that it has seen a subject is told on standard error.
    """
    from eegzoo.weights.catalogue import find_weights, names_of_folds

    if not is_file(given):
        folds = [find_weights(name) for name in names_of_folds(given)]
        trained = _of(next((fold for fold in folds if not _seen(fold, subjects)), folds[0]))
    if trained.weights is None:
        return trained
    known, seen = trained.weights.metadata.training, _seen(trained.weights, subjects)
    if seen:
        typer.echo(
            f"{trained.name} has seen {', '.join(seen)} in its training: the figure says nothing "
            "about new people",
            err=True,
        )
    elif not known.subjects:
        typer.echo(
            f"whom {trained.name} has seen of {known.name} is not known: the figure may say "
            "nothing about new people",
            err=True,
        )
    elif trained.name != given:
        # Of a file of one's own nobody knows whose it is.
        same = {_data_set(subject) for subject in subjects} <= set(map(_data_set, known.subjects))
        never = f", which never saw {', '.join(sorted(subjects))}" if same else ", the first fold"
        typer.echo(trained.name + never)
    return trained


def _seen(weights: Weights, subjects: Collection[str]) -> list[str]:
    return sorted(set(subjects).intersection(weights.metadata.training.subjects))


def _data_set(subject: str) -> str:
    return subject.rpartition("/")[0]


def _of(weights: Weights) -> Trained:
    from eegzoo.training.classifier import EEGClassifier

    return Trained(
        weights.name,
        weights.preprocessing,
        weights.signal,
        lambda: EEGClassifier.from_weights(weights),
        weights,
    )
