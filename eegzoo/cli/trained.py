"""Argument for a trained model: a file, or a name of trained weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eegzoo.cli.completion import complete_trained
from eegzoo.cli.trained_events import TrainedEvents

if TYPE_CHECKING:
    from eegzoo.data.preprocessing.preprocessing import Preprocessing
    from eegzoo.data.signal.signal_info import SignalInfo
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.training.regressor import EEGRegressor
    from eegzoo.training.targets.targets import Targets
    from eegzoo.weights.weights import Weights

Model = Annotated[
    str,
    typer.Argument(
        help="File saved by eegzoo train, or name of trained weights.",
        autocompletion=complete_trained,
    ),
]


@dataclasses.dataclass(frozen=True)
class Trained:
    """Trained model with its preprocessing and signal, as `find_trained` returns it.

    Parameters
    ----------
    name : str
        Path of the file, or name of the weights.
    preprocessing : Preprocessing
        Preprocessing from a recording to windows.
    signal : SignalInfo | None
        Channels, sampling rate and window of the model. None if it was trained on arrays.
    targets : type of Targets
        Kind of targets: `Classes`, `LabelSets` or `Numbers`.
    load : callable
        Function that returns the fitted estimator. It downloads authors' weights on first use.
    weights : Weights | None
        Weights with their card. None for a file without a card.
    events : TrainedEvents | None
        Labels and their events. None for a regressor that was trained on all events.
    """

    name: str
    preprocessing: Preprocessing
    signal: SignalInfo | None
    targets: type[Targets]
    load: Callable[[], EEGClassifier | EEGRegressor]
    weights: Weights | None = None
    events: TrainedEvents | None = None


def find_trained(given: str) -> Trained:
    """Return the trained model for a file or a name of weights.

    Raises
    ------
    FileNotFoundError
        If `given` is the path of a file that does not exist.
    ValueError
        If the name is unknown, with the nearest name, or if the file contains no estimator.
    """
    from eegzoo.models.saving import read_metadata
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.training.regressor import EEGRegressor
    from eegzoo.training.targets.targets import Numbers, targets_from_dict
    from eegzoo.weights.catalogue import find_weights, weights_in

    if not is_file(given):
        return _of(find_weights(given))
    extra = read_metadata(given)["extra"]
    kind = EEGRegressor if isinstance(targets_from_dict(extra), Numbers) else EEGClassifier
    estimator = kind.load(given)
    return Trained(
        given,
        estimator.trained_preprocessing(),
        estimator.signal_info_,
        type(estimator.targets_),
        lambda: estimator,
        weights_in(given) if "card" in extra else None,
        _events_of(estimator),
    )


def is_file(given: str) -> bool:
    """Return whether an argument is the path of a file; otherwise it is a name of weights."""
    path = Path(given)
    is_named_so = path.suffix.startswith(".safetensor") or len(path.parts) > 1
    return bool(given) and (path.exists() or is_named_so)


def model_files(given: str) -> list[Path]:
    """Return the file of an argument for a model; an empty list for a name of weights."""
    return [Path(given)] if is_file(given) else []


def epoch_of(given: str) -> str:
    """Return what chose the epoch of a model's weights, in words."""
    if not is_file(given):
        return "chosen by those who trained the weights; see their card (eegzoo weights)"
    from eegzoo.models.saving import read_metadata

    known = read_metadata(Path(given)).get("extra", {})
    return str(known.get("epoch", "not known, because the file does not tell"))


def fold_for(given: str, trained: Trained, subjects: Collection[str]) -> Trained:
    """Return a fold of a family that was not trained on any of the subjects, and print its name.

    A model that is not a family is returned unchanged. A warning on standard error tells that
    the model was trained on a subject, or that its training subjects are not known.
    """
    from eegzoo.weights.catalogue import find_weights, names_of_folds

    if not is_file(given):
        folds = [find_weights(name) for name in names_of_folds(given)]
        trained = _of(next((fold for fold in folds if not _seen(fold, subjects)), folds[0]))
    if trained.weights is None:
        return trained
    known = trained.weights.metadata.training
    warning = warning_about(trained, subjects)
    if warning is not None:
        typer.echo(f"warning: {warning}", err=True)
    elif trained.name != given:
        # The subject of a file given with --raw is not known.
        same = {_data_set(subject) for subject in subjects} <= set(map(_data_set, known.subjects))
        unseen = f"which was not trained on {', '.join(sorted(subjects))}"
        typer.echo(f"{trained.name}, {unseen if same else 'the first fold'}")
    return trained


def warning_about(trained: Trained, subjects: Collection[str]) -> str | None:
    """Return a sentence if a model was trained on a subject, or may have been; None if not."""
    if trained.weights is None:
        return (
            f"the file {Path(trained.name).name} does not tell what it was trained on, so this "
            "result may not apply to new windows"
        )
    known, seen = trained.weights.metadata.training, _seen(trained.weights, subjects)
    if seen:
        return (
            f"{trained.name} was trained on {', '.join(seen)}, so this accuracy does not apply to "
            "new people"
        )
    if not known.subjects:
        return (
            f"the training subjects of {trained.name} ({known.name}) are not known, so this "
            "accuracy may not apply to new people"
        )
    return None


def _seen(weights: Weights, subjects: Collection[str]) -> list[str]:
    return sorted(set(subjects).intersection(weights.metadata.training.subjects))


def _data_set(subject: str) -> str:
    return subject.rpartition("/")[0]


def _of(weights: Weights) -> Trained:
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.training.targets.targets import Classes

    return Trained(
        weights.name,
        weights.preprocessing,
        weights.signal,
        Classes,
        lambda: EEGClassifier.from_weights(weights),
        weights,
        TrainedEvents(weights.metadata.labels, weights.event_id),
    )


def _events_of(estimator: EEGClassifier | EEGRegressor) -> TrainedEvents | None:
    """Return the labels of a loaded estimator and their events, or None if it has neither."""
    labels = tuple(map(str, getattr(estimator, "classes_", ())))
    event_id = estimator.event_id_ or {}
    return TrainedEvents(labels, event_id) if labels or event_id else None
