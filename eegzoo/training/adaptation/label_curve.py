"""Accuracy for new people against the number of their labelled windows."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from eegzoo.arguments import number_between, one_of, positive_int
from eegzoo.data.windows.estimator_inputs import as_inputs
from eegzoo.data.windows.shared_samples import timeline_of_rows
from eegzoo.training.adaptation.calibrates import CalibratesToPeople
from eegzoo.training.adaptation.record import AdaptationWarning
from eegzoo.training.inputs.fit_data import targets_of
from eegzoo.training.inputs.people import people_of
from eegzoo.training.inputs.rows import as_rows, select_rows
from eegzoo.training.inputs.validation_split import hold_out

Array = npt.NDArray[Any]
REGIMES = ("transductive", "inductive")


@dataclasses.dataclass(frozen=True)
class LabelCurve:
    """Accuracies for people against the number of labelled windows of each.

    Parameters
    ----------
    n_labelled : tuple of int
        Numbers of labelled windows.
    people : tuple of str
        People.
    accuracies : dict of str to array, shape (n_numbers, n_people)
        Accuracy on windows of the person that had no labels, "as_trained" and "adapted" without
        labels before. NaN where a person has too few windows.
    regime : {"transductive", "inductive"}
        Whether the adaptation without labels had the windows that are scored.

    Examples
    --------
    >>> accuracies = {"as_trained": np.array([[0.5, 0.7], [0.8, 0.9]])}
    >>> curve = LabelCurve((0, 10), ("S1", "S2"), accuracies, "inductive")
    >>> print(curve.in_words())
    labelled windows, as_trained (inductive): mean over people ± 1.96 standard errors, lowest
           0  0.600 ± 0.196, lowest 0.500 (S1)
          10  0.850 ± 0.098, lowest 0.800 (S1)
    """

    n_labelled: tuple[int, ...]
    people: tuple[str, ...]
    accuracies: dict[str, Array]
    regime: str

    def in_words(self) -> str:
        """Return the curve as lines of text."""
        lines = []
        for name, rows in self.accuracies.items():
            lines.append(
                f"labelled windows, {name} ({self.regime}): mean over people ± 1.96 standard "
                "errors, lowest"
            )
            for n, row in zip(self.n_labelled, rows, strict=True):
                known = np.flatnonzero(np.isfinite(row))
                if not len(known):
                    lines.append(f"{n:8d}  nobody has so many windows")
                    continue
                worst = known[row[known].argmin()]
                error = 1.96 * stats.sem(row[known]) if len(known) > 1 else np.nan
                few = "" if len(known) == len(row) else f"; {len(known)} of {len(row)} people"
                lines.append(
                    f"{n:8d}  {row[known].mean():.3f} ± {error:.3f}, lowest {row[worst]:.3f} "
                    f"({self.people[worst]}){few}"
                )
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict, in which NaN is None."""
        return {
            "n_labelled": list(self.n_labelled),
            "people": list(self.people),
            "regime": self.regime,
            "accuracies": {
                name: [[None if np.isnan(value) else float(value) for value in row] for row in rows]
                for name, rows in self.accuracies.items()
            },
        }


def label_curve(
    classifier: CalibratesToPeople,
    X: Any,
    y: npt.ArrayLike | None = None,
    groups: Any = None,
    *,
    n_labelled: Sequence[int] = (0, 5, 10, 20, 40),
    how: Collection[str] | None = None,
    regime: str = "transductive",
    which: str = "head",
    test_size: float = 0.5,
    n_repeats: int = 5,
    random_state: int = 0,
) -> LabelCurve:
    """Return the accuracy for new people against the number of labelled windows of each.

    Of each person some windows are scored and never learnt, the same for all numbers. Labelled
    windows are drawn from the others, the classes in turn. No window that is learnt overlaps one
    that is scored, or was cut from the same block.

    Parameters
    ----------
    classifier : EEGClassifier
        Fitted classifier, which was not trained on these people.
    X, y
        Windows and labels, as in `EEGClassifier.fit`.
    groups : array, shape (n_windows,) | str | None
        Person of each window, or a column of the data set's metadata. None: its subjects.
    n_labelled : sequence of int
        Numbers of labelled windows.
    how
        Steps of the adaptation without labels, as in `EEGClassifier.adapt`.
    regime : {"transductive", "inductive"}
        Whether the classifier is adapted without labels on all windows of the person, or on those
        that are not scored. This is also where a classifier that aligns people, or takes their
        statistics, has them from.
    which : {"head", "all"}
        Weights that are fine-tuned, as in `EEGClassifier.calibrate`.
    test_size : float
        Share of the windows that is scored.
    n_repeats : int
        Number of draws, over which each person's accuracy is averaged.
    random_state : int
        Seed of the draws.

    Returns
    -------
    LabelCurve
        Accuracies with and without adaptation.

    Raises
    ------
    ValueError
        If nobody says whose the windows are, or a person has too few to be split.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(0, 10, (80, 2, 128)), np.tile([0, 1], 40)
    >>> X[y == 1] *= 1.2
    >>> classifier = eegzoo.training.EEGClassifier("shallow_convnet", sfreq=64, max_epochs=2)
    >>> people = np.repeat(["S1", "S2"], 40)
    >>> curve = label_curve(classifier.fit(X, y), X, y, people, n_labelled=(0, 4), n_repeats=1)
    >>> curve.accuracies["adapted"].shape
    (2, 2)
    """
    numbers = tuple(positive_int("n_labelled", n, at_least=0) for n in n_labelled)
    one_of("regime", regime, REGIMES)
    if number_between("test_size", test_size, 0.0, 1.0, above=True) == 1:
        raise ValueError("expected test_size below 1, got 1")
    if not numbers:
        raise ValueError("expected n_labelled to hold a number or more, got none")
    positive_int("n_repeats", n_repeats)
    X = as_rows(X)
    inputs = as_inputs(X, classifier.signal_info_, classifier.check_signal)
    labels, person = targets_of(inputs, y), people_of(inputs, groups)
    unknown = sorted(set(map(str, labels)) - set(map(str, classifier.classes_)))
    if unknown:
        raise ValueError(
            f"expected labels among {classifier.classes_.tolist()}, got {', '.join(unknown)}"
        )
    if person is None:
        raise ValueError("expected groups with the person of each window, got none")
    names = np.unique(person)
    found = {
        name: np.full((n_repeats, len(numbers), len(names)), np.nan)
        for name in ("as_trained", "adapted")
    }
    for column, name in enumerate(names):
        rows = np.flatnonzero(person == name)
        timeline = timeline_of_rows(inputs.subset(rows))
        for repeat in range(n_repeats):
            seed = random_state + repeat
            sides = hold_out(test_size, labels[rows], None, seed, stratify=True, timeline=timeline)
            if sides is None:
                raise ValueError(f"expected windows of {name} to score, got none")
            pool, test = rows[sides[0]], rows[sides[1]]
            given = rows if regime == "transductive" else pool
            order = draw_in_turn(labels[pool], seed)
            scored = select_rows(X, test), labels[test]
            for curve, start in _starts(classifier, select_rows(X, given), how).items():
                for place, n in enumerate(numbers):
                    if n > len(pool):
                        continue
                    few = pool[order[:n]]
                    one = start
                    if n:
                        with warnings.catch_warnings():
                            warnings.simplefilter("ignore", AdaptationWarning)
                            one = start.calibrate(
                                select_rows(X, few), labels[few], groups=np.zeros(n), which=which
                            )
                    predicted = one.predict(scored[0], groups=np.zeros(len(test)))
                    found[curve][repeat, place, column] = (predicted == scored[1]).mean()
    accuracies = {name: values.mean(axis=0) for name, values in found.items()}
    return LabelCurve(numbers, tuple(map(str, names)), accuracies, regime)


def _starts(
    classifier: CalibratesToPeople, X: Any, how: Collection[str] | None
) -> dict[str, CalibratesToPeople]:
    """Return the classifiers of a person before any label is learnt, by the name of the curve."""
    trained = steps_in_training(classifier)
    one_person = np.zeros(len(X))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AdaptationWarning)
        adapted = classifier.adapt(X, how=how, groups=one_person)
        if not trained:
            return {"as_trained": classifier, "adapted": adapted}
        plain = classifier.adapt(X, how=trained, groups=one_person)
    return {"as_trained": plain, "adapted": adapted}


def steps_in_training(classifier: CalibratesToPeople) -> list[str]:
    """Return what a classifier takes from each person in training, of the steps of `adapt`."""
    return [
        *(["align"] if classifier.align_ is not None else []),
        *(["statistics"] if classifier.by_person_ else []),
    ]


def draw_in_turn(labels: Array, seed: int) -> npt.NDArray[np.int64]:
    """Return windows in random order, a window of each class in turn.

    Examples
    --------
    >>> labels = np.array(["a"] * 10 + ["b"] * 3)
    >>> drawn = labels[draw_in_turn(labels, seed=0)]
    >>> [sorted(drawn[place : place + 2].tolist()) for place in (0, 2, 4, 6)]
    [['a', 'b'], ['a', 'b'], ['a', 'b'], ['a', 'a']]
    """
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(labels))
    place = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        mine = shuffled[labels[shuffled] == label]
        place[mine] = np.arange(len(mine))
    return shuffled[np.argsort(place[shuffled], kind="stable")]
