"""A recording with its subject, session and run."""

from __future__ import annotations

import dataclasses

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
    run : str
        Name of the run within the session.
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
    run: str = "1"
    dataset: str = ""
    split: str | None = None

    def __post_init__(self) -> None:
        for name in ("subject", "session", "run"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise TypeError(f"expected {name} to be a name, got {getattr(self, name)!r}")
        if self.split not in (None, "train", "test"):
            raise ValueError(f"expected split 'train', 'test' or None, got {self.split!r}")

    @property
    def metadata(self) -> dict[str, str]:
        """Unique names of the subject, session and recording, and the split if there is one."""
        subject = f"{self.dataset}/{self.subject}" if self.dataset else self.subject
        session = f"{subject}/{self.session}"
        named = {"subject": subject, "session": session, "recording": f"{session}/{self.run}"}
        return named if self.split is None else named | {"split": self.split}
