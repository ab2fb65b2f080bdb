"""Windows of one person that a classifier is adapted on."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import positive_int
from eegzoo.data.windows.aligned_people import in_time
from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.training.adaptation.record import AdaptationWarning, digests
from eegzoo.training.inputs.people import people_of

MIN_WINDOWS = 2
_FEW_WINDOWS = 3


@dataclasses.dataclass(frozen=True)
class PersonWindows:
    """Windows of one person in an order that does not depend on the one they were given in.

    Parameters
    ----------
    X : array, shape (n_windows, n_chans, n_times)
        Windows in microvolts.
    digests : tuple of str
        Digest of each window; they are sorted by it.
    order : array of int, shape (n_windows,)
        Row of the inputs of each window.
    """

    X: npt.NDArray[np.float32]
    digests: tuple[str, ...]
    order: npt.NDArray[np.int64]

    @classmethod
    def of(cls, inputs: Inputs, groups: Any, first: int | None, n_classes: int) -> PersonWindows:
        """Return the windows of the only person in the inputs.

        Parameters
        ----------
        inputs : Inputs
            Windows.
        groups : array, shape (n_windows,) | str | None
            Person of each window, as in `people_of`.
        first : int | None
            Number of windows to keep, from the first on: by their onset if it is known, else in the
            order of the inputs.
        n_classes : int
            Number of classes, each of which should have windows.

        Raises
        ------
        ValueError
            If there are windows of several people, sequences, or fewer than two windows; if all
            are constant.

        Warns
        -----
        AdaptationWarning
            If there are very few.
        """
        if inputs.is_sequences:
            raise ValueError(
                f"expected single windows (n_windows, n_chans, n_times) to adapt on, got sequences "
                f"of shape {tuple(inputs.X.shape)}"
            )
        people = people_of(inputs, groups)
        names = [] if people is None else np.unique(people).tolist()
        if len(names) > 1:
            raise ValueError(
                f"expected windows of one person to adapt to, got those of {len(names)}, such as "
                f"{names[:3]}: adapt to each apart, for example {{name: classifier.adapt(X[groups "
                "== name]) for name in np.unique(groups)}"
            )
        rows = np.arange(len(inputs.X))
        if first is not None:
            positive_int("first", first, at_least=MIN_WINDOWS)
            rows = in_time(inputs, rows)[:first]
        X = np.asarray(inputs.X[rows], np.float32)
        known = digests(X)
        # A window that was given many times says as much as one.
        n_different = len(set(known))
        kind = "" if n_different == len(known) else " different"
        if n_different < MIN_WINDOWS:
            raise ValueError(
                f"expected at least {MIN_WINDOWS} windows to adapt on, because the statistics of a "
                f"single window say nothing about a person, got {n_different}{kind}"
            )
        if not np.ptp(X, axis=2).any():
            raise ValueError("expected windows that vary to adapt on, got constant ones")
        if n_different <= max(_FEW_WINDOWS, n_classes):
            warnings.warn(
                f"a classifier of {n_classes} classes is adapted on {n_different}{kind} windows: "
                "with so few, differences between windows are taken for those between people",
                AdaptationWarning,
                stacklevel=3,
            )
        # Sums then do not depend on the order of the windows in their last digit either.
        order = np.argsort(np.array(known), kind="stable")
        return cls(X[order], tuple(known[place] for place in order), rows[order])
