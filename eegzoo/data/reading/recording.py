"""A recording with its subject, session and run."""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Callable, Iterable, Iterator

import mne


@dataclasses.dataclass(frozen=True)
class Recording:
    """Continuous recording with the metadata for splits by group.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording with annotations or a stim channel.
    subject : str
        Name of the subject.
    session : str
        Name of the session.
    run : str | None
        Name of the run within the session. None: 1; recordings of one session that are made into
        one data set are numbered.
    dataset : str
        Name of the data set. Subjects of different data sets are different subjects.
    split : str | None
        "train" or "test" if the data set has an official split. None: it has none.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=2, random_state=0)
    >>> Recording(raw, subject="S001", run="4", dataset="eegbci").metadata
    {'subject': 'eegbci/S001', 'session': 'eegbci/S001/1', 'recording': 'eegbci/S001/1/4'}
    """

    raw: mne.io.BaseRaw
    subject: str
    session: str = "1"
    run: str | None = None
    dataset: str = ""
    split: str | None = None

    def __post_init__(self) -> None:
        for name in ("subject", "session", "run"):
            if name == "run" and self.run is None:
                continue
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise TypeError(f"expected {name} to be a name, got {getattr(self, name)!r}")
        if self.split not in (None, "train", "test"):
            raise ValueError(f"expected split 'train', 'test' or None, got {self.split!r}")

    @property
    def metadata(self) -> dict[str, str]:
        """Unique names of the subject, session and recording, and the split if there is one."""
        subject = f"{self.dataset}/{self.subject}" if self.dataset else self.subject
        session = f"{subject}/{self.session}"
        named = {"subject": subject, "session": session, "recording": f"{session}/{self.run or 1}"}
        return named if self.split is None else named | {"split": self.split}


def numbered_runs(recordings: Iterable[Recording]) -> Iterator[Recording]:
    """Yield recordings whose names differ, by numbering those without a run.

    Parameters
    ----------
    recordings : iterable of Recording
        Recordings, of which each is used before the next is asked for.

    Raises
    ------
    ValueError
        If two different recordings have the same subject, session and run.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=2, random_state=0)
    >>> pair = [Recording(raw, "S1"), Recording(raw.copy(), "S1")]
    >>> [recording.metadata["recording"] for recording in numbered_runs(pair)]
    ['S1/1/1', 'S1/1/2']
    """
    known: dict[str, Callable[[], object]] = {}  # without keeping recordings in memory
    for recording in recordings:
        named, number = recording, 1
        if isinstance(recording, Recording):  # the caller checks others
            # The same recording twice keeps its name: its windows are the same.
            while (name := named.metadata["recording"]) in known and (
                known[name]() is not recording.raw
            ):
                if recording.run is not None:
                    raise ValueError(
                        f"expected recordings of different names, got {name} twice (subject, "
                        "session and run): set run="
                    )
                number += 1
                named = dataclasses.replace(recording, run=str(number))
            known[name] = weakref.ref(recording.raw)
        yield named
