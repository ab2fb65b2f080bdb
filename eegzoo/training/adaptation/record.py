"""Record of what a classifier was adapted on."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class AdaptationWarning(UserWarning):
    """Warning about windows that a classifier should not be adapted on."""


@dataclasses.dataclass(frozen=True)
class Adaptation:
    """What a classifier was adapted on, and how.

    Parameters
    ----------
    how : tuple of str
        What was done, of "align", "statistics" and "pseudo_labels".
    n_windows : int
        Number of windows of the person that the adaptation is from.
    first : int | None
        Number of windows that it was limited to, from the first on. None: all that were given.
    n_confident : int
        Number of windows that were given a label by the classifier itself.
    threshold : float | None
        Smallest probability of these labels.
    which : str
        Weights that learnt them, "head" or "all".
    stepped_back : str
        Why no labels of its own were used although they were asked for; empty if they were.
    n_labelled : int
        Number of windows with labels from the user, of `calibrate`.
    windows : tuple of str
        Digest of each window, by which `holds` recognises it.
    labelled : tuple of str
        Digest of each window of `calibrate`.

    Examples
    --------
    >>> windows = np.random.default_rng(0).normal(size=(10, 3, 100)).astype(np.float32)
    >>> adaptation = Adaptation(("align",), 4, windows=digests(windows[:4]))
    >>> adaptation.regime(windows[:4]), adaptation.regime(windows[4:])
    ('transductive', 'inductive')
    >>> adaptation.regime(windows)
    'transductive for 4 of 10 windows'
    """

    how: tuple[str, ...]
    n_windows: int
    first: int | None = None
    n_confident: int = 0
    threshold: float | None = None
    which: str = "head"
    stepped_back: str = ""
    n_labelled: int = 0
    windows: tuple[str, ...] = ()
    labelled: tuple[str, ...] = ()

    def holds(self, X: Array) -> npt.NDArray[np.bool_]:
        """Return which windows (n_windows, n_chans, n_times) are among those adapted on."""
        known = set(self.windows)
        return np.array([digest in known for digest in digests(X)], bool)

    def regime(self, X: Array) -> str:
        """Return how a score on windows must be named: "transductive", "inductive", or a mixture.

        A transductive score is of windows that the classifier was adapted on, without their labels.
        The windows are an array in microvolts, with the channels of the training in their order;
        `EEGClassifier.regime` takes epochs and data sets as well.

        Raises
        ------
        ValueError
            If the labels of some were learnt, by `calibrate`.
        TypeError
            If the windows are no array.
        """
        known = set(self.labelled)
        n_learnt = sum(digest in known for digest in digests(X))
        if n_learnt:
            raise ValueError(
                f"expected windows whose labels were not learnt for a score, got {n_learnt} that "
                "the classifier was calibrated on"
            )
        n_held, n_windows = int(self.holds(X).sum()), len(X)
        if n_held in (0, n_windows):
            return "transductive" if n_held else "inductive"
        return f"transductive for {n_held} of {n_windows} windows"

    def labels_only(self) -> Self:
        """Return the record of what `calibrate` learnt alone."""
        return type(self)((), 0, n_labelled=self.n_labelled, labelled=self.labelled)

    def in_words(self) -> str:
        """Return the record as a sentence.

        Examples
        --------
        >>> Adaptation(("align", "pseudo_labels"), 30, n_confident=22, threshold=0.8).in_words()
        'adapted to one person on 30 windows without labels: align, pseudo_labels (22 above 0.8)'
        """
        limited = "" if self.first is None else f", the first {self.first} at most"
        text = "for one person"
        if self.n_windows:
            text = f"adapted to one person on {self.n_windows} windows without labels{limited}: "
            text += ", ".join(self.how) or "nothing was changed"
        if "pseudo_labels" in self.how:
            trained = ", all weights" if self.which == "all" else ""
            text += f" ({self.n_confident} above {self.threshold:g}{trained})"
        if self.stepped_back:
            text += f"; no pseudo-labels: {self.stepped_back}"
        if self.n_labelled:
            text += f"; calibrated on {self.n_labelled} windows with labels"
        return text

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the record that `to_dict` described."""
        given = dict(values)
        for name in ("how", "windows", "labelled"):
            given[name] = tuple(given[name])
        return cls(**given)


def digests(X: Array) -> tuple[str, ...]:
    """Return a digest of each window of shape (n_windows, ...) in float32.

    Raises
    ------
    TypeError
        If the windows are no array: those of epochs are in volts.
    """
    if not isinstance(X, np.ndarray):
        raise TypeError(
            f"expected an array of windows in microvolts, got {type(X).__name__}: the method "
            "regime of the classifier takes epochs and data sets"
        )
    windows = np.ascontiguousarray(X, np.float32)
    return tuple(hashlib.blake2b(window.data, digest_size=8).hexdigest() for window in windows)
