"""Arguments of an estimator's parts, such as ``optimizer__momentum`` and ``model_params__F1``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from sklearn.base import BaseEstimator

from eegzoo.arguments import nearest

# Parts that take arguments with their name and two underscores as a prefix, as skorch spells them.
PARTS = ("optimizer", "criterion", "lr_scheduler")
_OF_MODEL = "model_params__"


class PartOptions(BaseEstimator):
    """Mixin for estimators whose parts have arguments of their own.

    They are parameters like all others: `clone`, `get_params`, `set_params` and grid searches see
    them.
    """

    def _keep_options(self, options: Mapping[str, Any]) -> None:
        """Keep the keyword arguments that the constructor does not name."""
        self._options = dict(options)

    def _check_options(self) -> None:
        """Raise an error for a keyword argument that belongs to no part.

        scikit-learn wants this to happen in ``fit``, not in the constructor.

        Raises
        ------
        TypeError
            With the nearest name.
        """
        for name in self._options:
            if not _is_option(name):
                known = [*self._get_param_names(), *(f"{part}__*" for part in PARTS)]
                raise TypeError(
                    f"{type(self).__name__} takes no argument {name!r}{nearest(name, known)}"
                )

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return all parameters, those of the parts included.

        Parameters
        ----------
        deep : bool
            As in scikit-learn.
        """
        return {**super().get_params(deep), **self._options}

    def set_params(self, **params: Any) -> Self:
        """Set parameters; ``model_params__F1=4`` sets one argument of the model.

        Parameters
        ----------
        **params
            Values by name.

        Raises
        ------
        ValueError
            If a name is unknown.
        """
        own: dict[str, Any] = {}
        for name, value in params.items():
            if _is_option(name) or name in self._options:
                self._options[name] = value
            elif name.partition("__")[0] in PARTS and "__" in name:
                raise ValueError(f"Invalid parameter {name!r}: expected an argument after '__'")
            elif name.startswith(_OF_MODEL):
                argument = name.removeprefix(_OF_MODEL)
                given = own.get("model_params", self.model_params) or {}
                own["model_params"] = {**given, argument: value}
            else:
                own[name] = value
        super().set_params(**own)
        return self


def _is_option(name: str) -> bool:
    part, separator, argument = name.partition("__")
    return part in PARTS and bool(separator) and bool(argument)
