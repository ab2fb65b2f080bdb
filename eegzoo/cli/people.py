"""Options about new people: adaptation without labels, a few labels, and scores by person."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from eegzoo.data.windows.epochs_dataset import EpochsDataset

PROTOCOLS = ("leave-one-subject-out",)


def _option(help: str, default: bool | str = True, **limits: Any) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        help=help, show_default=default, rich_help_panel="New people", **limits
    )
    return option


Adapt = Annotated[
    bool,
    _option("Adapt the model to each person that is predicted, on their windows without labels."),
]
AdaptFirst = Annotated[
    int | None,
    _option("With --adapt: number of windows to adapt on, the first of each person.", "all", min=2),
]
Calibrate = Annotated[
    int,
    _option("Number of labelled windows of each person to fine-tune the head with.", min=0),
]
Protocol = Annotated[
    str | None,
    _option(
        "leave-one-subject-out: train without each subject in turn, and score on that subject.",
        "folds by --cv and --groups",
    ),
]


@dataclasses.dataclass(frozen=True)
class PeopleOptions:
    """What is done for each person before the windows are predicted.

    Parameters
    ----------
    adapt : bool
        Whether to adapt without labels.
    first : int | None
        Number of windows to adapt on. None: all.
    calibrate : int
        Number of labelled windows to fine-tune with, which are not scored.
    """

    adapt: bool = False
    first: int | None = None
    calibrate: int = 0

    def check(self, *, is_classifier: bool = True) -> None:
        """Raise an error if the options do not fit each other."""
        if self.first is not None and not self.adapt:
            raise ValueError(f"expected --adapt with --adapt-first, got {self.first} without")
        if (self.adapt or self.calibrate) and not is_classifier:
            raise ValueError("expected a classifier for --adapt and --calibrate, got a regressor")

    def predict(self, estimator: Any, dataset: EpochsDataset) -> tuple[Any, Any, list[str]]:
        """Return predictions for the windows that no label was learnt of.

        Parameters
        ----------
        estimator : EEGClassifier | EEGRegressor
            Fitted estimator.
        dataset : EpochsDataset
            Windows, with their subjects.

        Returns
        -------
        scored : array of int
            Indices of the windows that are predicted.
        predicted : array
            Their predictions.
        lines : list of str
            What was done, in words.
        """
        import numpy as np

        if not (self.adapt or self.calibrate):
            return np.arange(len(dataset)), estimator.predict(dataset), []
        people = dataset.metadata.get("subject", np.zeros(len(dataset), int))
        scored, predicted, lines = [], [], []
        for name in np.unique(people):
            rows = np.flatnonzero(people == name)
            fitted, rest, record = self.fitted(estimator, dataset.subset(rows))
            scored.append(rows[rest])
            predicted.append(fitted.predict(dataset.subset(rows[rest])))
            lines.append(f"{name}: {record}")
        order = np.argsort(np.concatenate(scored), kind="stable")
        return np.concatenate(scored)[order], np.concatenate(predicted)[order], lines

    def fitted(self, estimator: Any, dataset: EpochsDataset) -> tuple[Any, Any, str]:
        """Return an estimator for one person, the windows to score, and what was done."""
        import numpy as np

        from eegzoo.data.windows.timeline import purged, timeline_of
        from eegzoo.training.adaptation.label_curve import draw_in_turn, steps_in_training
        from eegzoo.training.adaptation.record import AdaptationWarning

        fitted, rest = estimator, np.arange(len(dataset))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AdaptationWarning)  # the record says it
            if self.adapt:
                fitted = fitted.adapt(dataset, first=self.first)
            elif (
                self.calibrate
                and not fitted.adaptation_
                and (steps := steps_in_training(estimator))
            ):
                fitted = fitted.adapt(dataset, how=steps)
            if self.calibrate:
                chosen = draw_in_turn(dataset.labels, seed=0)[: self.calibrate]
                few = dataset.subset(chosen)
                fitted = fitted.calibrate(few, few.labels)
                others = np.setdiff1d(rest, chosen)
                rest = purged(timeline_of(dataset), others, chosen)
                if not len(rest):
                    raise ValueError(
                        f"expected windows to score that do not overlap the {self.calibrate} of "
                        f"--calibrate, got {len(dataset)} windows of the person"
                    )
        regime = fitted.regime(dataset.subset(rest))
        return fitted, rest, f"{fitted.adaptation_.in_words()} ({regime})"


def check_protocol(protocol: str | None, groups: str | None) -> None:
    """Raise an error for an unknown --protocol, or one with --groups."""
    from eegzoo.arguments import one_of

    if protocol is not None:
        one_of("--protocol", protocol, PROTOCOLS)
        if groups is not None:
            raise ValueError(f"expected --protocol without --groups, got --groups {groups}")


def folds_of(protocol: str | None, dataset: EpochsDataset) -> dict[str, Any]:
    """Return the groups and the number of folds of a protocol; nothing without one."""
    import numpy as np

    if protocol is None:
        return {}
    people = np.unique(dataset.groups("subject"))
    if len(people) < 2:
        raise ValueError(
            f"expected recordings of two subjects at least for --protocol {protocol}, got "
            f"{people.tolist()}; --subject tells them apart"
        )
    return {"groups": "subject", "cv": len(people)}


def regime_in_words(
    estimator: Any, options: PeopleOptions, dataset: EpochsDataset | None = None
) -> str:
    """Return whether scores of new people are transductive or inductive, and why.

    The windows that are scored tell it for an estimator that was adapted before.
    """
    if options.adapt:
        if options.first is None:
            return "transductive: adapted on the windows that are scored, without their labels"
        return f"adapted on the first {options.first} windows of each person, without labels"
    if dataset is not None and getattr(estimator, "adaptation_", None) is not None:
        return f"{estimator.regime(dataset)}: {estimator.adaptation_.in_words()}"
    aligns = getattr(estimator, "align", None) is not None
    # A loaded estimator has no parameters of the training.
    measures = getattr(estimator, "people_per_batch", None) is not None or estimator.by_person_
    if aligns or measures:
        return "transductive: the statistics of each person are from the windows that are scored"
    return "inductive: nothing is taken from the windows that are scored"


def print_people(statistics: Mapping[str, Any], regime: str) -> None:
    """Print the score of each person, from the worst, and the regime."""
    for name, found in statistics.items():
        if len(found["people"]) < 2:
            continue
        known = {person: value for person, value in found["people"].items() if value is not None}
        lowest = sorted(known, key=known.__getitem__)
        typer.echo(f"{name.replace('_', ' ')} of each person ({regime}):")
        for person in lowest:
            typer.echo(f"  {person} {known[person]:.3f}")
        typer.echo(f"lowest {lowest[0]} {known[lowest[0]]:.3f}")
