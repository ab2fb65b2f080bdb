"""A recording, and who was recorded when."""

from __future__ import annotations

import dataclasses

import mne


@dataclasses.dataclass(frozen=True)
class Recording:
    """A continuous recording with what splits by group need to know of it.

    Parameters
    ----------
    raw : mne.io.Raw
        With annotations or a stim channel.
    subject : str
        Who was recorded.
    session : str
        On which occasion.
    run : str
        Which part of the session.
    dataset : str
        Where it is from; subjects of two data sets are two subjects.
    split : str | None
        "train" or "test", where those who made the data set say which. None: they do not.

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
        """Names of subject, session and recording that no other one has, and the split if any."""
        subject = f"{self.dataset}/{self.subject}" if self.dataset else self.subject
        session = f"{subject}/{self.session}"
        named = {"subject": subject, "session": session, "recording": f"{session}/{self.run}"}
        return named if self.split is None else named | {"split": self.split}
