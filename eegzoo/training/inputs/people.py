"""The person of each window."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.training.inputs.group_values import check_groups
from eegzoo.training.inputs.validation_split import validation_groups

_N_SHOWN = 5


def people_of(inputs: Inputs, groups: Any) -> npt.NDArray[Any] | None:
    """Return the person of each row, by whose windows it is aligned.

    Parameters
    ----------
    inputs : Inputs
        Windows.
    groups : array, shape (n,) | str | None
        Person of each row, or a column of the data set's metadata. None: its subjects.

    Returns
    -------
    array, shape (n,) | None
        People; None if all windows are taken to be of one person.

    Raises
    ------
    ValueError
        If the number of groups is not the number of rows, people are missing, or the column is
        unknown.

    Examples
    --------
    >>> inputs = Inputs(np.zeros((3, 2, 8)), metadata={"subject": np.array(["S1", "S1", "S2"])})
    >>> people_of(inputs, None).tolist()
    ['S1', 'S1', 'S2']
    """
    if groups is None:
        subjects = inputs.metadata.get("subject")
        return None if subjects is None else _known(subjects, "the subjects of the data set")
    people = validation_groups(inputs, groups)
    return None if people is None else _known(people, "groups")


def check_one_person(inputs: Inputs, groups: Any) -> None:
    """Raise an error unless all rows are of one person, as far as it is known.

    Raises
    ------
    ValueError
        If they are of several people, or as `people_of` does.

    Examples
    --------
    >>> check_one_person(Inputs(np.zeros((2, 3, 8))), ["S1", "S2"])
    Traceback (most recent call last):
        ...
    ValueError: expected windows of one person ... got those of ['S1', 'S2']
    """
    people = people_of(inputs, groups)
    found = [] if people is None else np.unique(people).tolist()
    if len(found) > 1:
        raise ValueError(
            "expected windows of one person for an estimator that is adapted to one, got those of "
            f"{found[:_N_SHOWN]}"
        )


def _known(people: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    return check_groups(people, len(people), name)
