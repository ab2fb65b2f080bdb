"""Splitter that is allowed to separate windows that belong together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eegzoo.data.windows.splits import check_leaks


class AllowLeakage:
    """Splitter whose splits may separate windows that belong together.

    A splitter given as `validation` must not separate windows that overlap or were cut from one
    block: the validation would be too good. This wrapper allows it.

    Parameters
    ----------
    splitter : splitter
        Splitter of scikit-learn.
    *kinds : {"overlap", "block"}
        What is allowed.

    Examples
    --------
    >>> from sklearn.model_selection import KFold
    >>> from eegzoo.training import EEGClassifier, AllowLeakage
    >>> EEGClassifier(validation=AllowLeakage(KFold(4), "overlap")).validation
    AllowLeakage(KFold(n_splits=4, random_state=None, shuffle=False), 'overlap')
    """

    def __init__(self, splitter: Any, *kinds: str) -> None:
        if not hasattr(splitter, "get_n_splits"):
            raise TypeError(f"expected a splitter of scikit-learn, got {splitter!r}")
        self.splitter, self.allowed_leakage = splitter, check_leaks(kinds)

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Any, Any]]:
        """Yield the splits of the splitter."""
        found: Iterator[tuple[Any, Any]] = self.splitter.split(X, y, groups)
        return found

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of splits."""
        return int(self.splitter.get_n_splits(X, y, groups))

    def __repr__(self) -> str:
        kinds = ", ".join(map(repr, self.allowed_leakage))
        return f"AllowLeakage({self.splitter!r}, {kinds})"
