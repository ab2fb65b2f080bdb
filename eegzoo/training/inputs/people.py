"""The person of each window."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.training.inputs.group_values import check_groups
from eegzoo.training.inputs.validation_split import validation_groups


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


def _known(people: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    return check_groups(people, len(people), name)
