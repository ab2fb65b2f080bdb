"""Labels as they stand in a file, before they are placed in a recording."""

from __future__ import annotations

import dataclasses
import datetime

Rows = list[tuple[float, float, str]]


@dataclasses.dataclass(frozen=True)
class LabelRows:
    """Onset, duration and description of each label of a file.

    Parameters
    ----------
    rows : list of tuple
        Onset in seconds from `origin` or else from the start of the recording, duration in seconds,
        and description.
    origin : datetime | None
        Clock time of second 0, if the file tells it.
    has_times : bool
        Whether the file tells when labels begin. Otherwise they follow each other from the start of
        the recording.
    has_length : bool
        Whether the file tells how long a label without a time lasts.
    """

    rows: Rows
    origin: datetime.datetime | None = None
    has_times: bool = True
    has_length: bool = True

    def with_length(self, seconds: float) -> LabelRows:
        """Return labels that follow each other with another length."""
        rows = [(seconds * place, seconds, text) for place, (*_, text) in enumerate(self.rows)]
        return dataclasses.replace(self, rows=rows, has_length=True)
