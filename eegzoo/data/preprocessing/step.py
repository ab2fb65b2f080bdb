"""What all steps share."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import mne
import numpy as np
import numpy.typing as npt

Instance = Any  # mne.io.BaseRaw or mne.BaseEpochs, which share no class that is typed
Events = npt.NDArray[np.int64]


class Step:
    """Mixin of the steps: a frozen dataclass that changes a recording or epochs in place."""

    name: ClassVar[str]
    # Whether it can follow the cutting into epochs; a filter there would see their edges.
    takes_epochs: ClassVar[bool] = True

    def apply(self, inst: Instance) -> None:
        """Change a loaded recording, or epochs, in place."""
        raise NotImplementedError

    def apply_with_events(self, raw: mne.io.BaseRaw, events: Events) -> Events:
        """Change a loaded recording in place, and return where its events are now."""
        self.apply(raw)
        return events

    def code(self, inst: str) -> str:
        """Return the MNE code that does the same to the variable `inst`."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        values = dataclasses.asdict(self)  # type: ignore[call-overload]
        return {
            "step": self.name,
            **{k: list(v) if isinstance(v, tuple) else v for k, v in values.items()},
        }
