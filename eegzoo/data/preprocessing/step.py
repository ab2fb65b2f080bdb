"""Base class of the preprocessing steps."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import mne
import numpy as np
import numpy.typing as npt

Instance = Any  # mne.io.BaseRaw or mne.BaseEpochs, which have no typed base class
Events = npt.NDArray[np.int64]


class Step:
    """Base class of steps: frozen dataclasses that change a recording or epochs."""

    name: ClassVar[str]
    # Whether the step can be applied to epochs. A filter cannot, because of edge artefacts.
    takes_epochs: ClassVar[bool] = True

    @property
    def is_causal(self) -> bool:
        """Whether samples after the step depend on no later ones, but for a resampling filter."""
        return True

    def apply(self, inst: Instance) -> Instance:
        """Return a loaded recording or epochs after the step, which may modify them in place."""
        raise NotImplementedError

    def apply_with_events(
        self, raw: mne.io.BaseRaw, events: Events
    ) -> tuple[mne.io.BaseRaw, Events]:
        """Return a loaded recording after the step, and its events with their samples in it."""
        return self.apply(raw), events

    def code(self, inst: str) -> str:
        """Return the equivalent MNE code for a variable named `inst`."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        values = dataclasses.asdict(self)  # type: ignore[call-overload]
        return {
            "step": self.name,
            **{k: list(v) if isinstance(v, tuple) else v for k, v in values.items()},
        }
