"""From MNE's epochs and recordings to windows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.signal.amplitude import MICROVOLTS_PER_VOLT
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.data.windows.lazy_windows import LazyEpochs

if TYPE_CHECKING:
    from eegzoo.data.preprocessing.preprocessing import Preprocessing
    from eegzoo.data.reading.recording import Recording


class EpochsContents(NamedTuple):
    """Windows in microvolts, the place of each label in the classes, and what they mean."""

    X: Any
    y: list[int]
    classes: tuple[str, ...]
    info: SignalInfo
    onset: npt.NDArray[np.float64]


def read_epochs(epochs: mne.BaseEpochs) -> EpochsContents:
    """Take the EEG channels of epochs, converted from volts to microvolts.

    Raises
    ------
    ValueError
        If there is no EEG channel or no epoch, or if ``event_id`` does not name each code once.
    """
    picks = mne.pick_types(epochs.info, meg=False, eeg=True, exclude=())
    if len(picks) == 0:
        types = sorted(set(epochs.get_channel_types()))
        raise ValueError(f"expected EEG channels, got channels of type {types}")
    X: Any
    if epochs.preload:
        X = epochs.get_data(picks=picks, copy=False, verbose="ERROR") * MICROVOLTS_PER_VOLT
    else:
        X = LazyEpochs(epochs, picks)
    if len(X) == 0:
        raise ValueError(f"expected at least one epoch, got none of {list(epochs.event_id)}")
    places = {code: place for place, code in enumerate(epochs.event_id.values())}
    codes = epochs.events[:, 2].tolist()
    if len(places) < len(epochs.event_id) or not places.keys() >= set(codes):
        raise ValueError(
            f"expected one name for each code of the events, got {epochs.event_id} for the "
            f"codes {sorted(set(codes))}"
        )
    ch_names = [epochs.ch_names[pick] for pick in picks]
    info = SignalInfo(ch_names, float(epochs.info["sfreq"]), X.shape[2], float(epochs.tmin))
    # Events count the samples of the recording, also when the epochs were resampled.
    onset = epochs.events[:, 0] / epochs._raw_sfreq + epochs.tmin
    return EpochsContents(X, [places[code] for code in codes], tuple(epochs.event_id), info, onset)


class FromMNE:
    """Mixin: a data set of windows that is made from MNE's epochs, or from recordings."""

    if TYPE_CHECKING:

        def __init__(
            self, X: Any, y: Any, classes: Any, info: Any, metadata: Any, check_signal: str
        ) -> None: ...

        @classmethod
        def concatenate(cls, datasets: Sequence[Self]) -> Self:
            """Join data sets."""

    @classmethod
    def from_epochs(
        cls, epochs: mne.BaseEpochs, check_signal: str = "raise", **metadata: npt.ArrayLike
    ) -> Self:
        """Take the EEG channels of MNE's epochs, converted from volts to microvolts.

        Epochs that are not preloaded stay on the disk; their windows are read when they are needed.

        Parameters
        ----------
        epochs : mne.Epochs
            Epochs; the labels are the names in their ``event_id``.
        check_signal : {"raise", "warn", "ignore"}
            As for the class.
        **metadata : str | array, shape (n_epochs,)
            What else is known: ``subject``, ``session``, ``recording``, of all or of each. "onset"
            is added: where each window begins, in seconds.

        Returns
        -------
        EpochsDataset
            One window for each epoch.

        Raises
        ------
        ValueError
            If there is no EEG channel or no epoch, if a channel holds NaN or infinity, if
            ``event_id`` does not name each code once, or if the unit is not volts.
        """
        X, y, classes, info, onset = read_epochs(epochs)
        known: dict[str, npt.ArrayLike] = {"onset": onset}
        for name, value in metadata.items():
            known[name] = np.broadcast_to(value, len(y)) if np.ndim(value) == 0 else value
        return cls(X, y, classes, info, known, check_signal)

    @classmethod
    def from_recordings(
        cls,
        recordings: Iterable[Recording],
        preprocessing: Preprocessing,
        event_id: Mapping[str, str | int] | None = None,
        check_signal: str = "raise",
    ) -> Self:
        """Preprocess recordings and join their windows.

        Parameters
        ----------
        recordings : iterable of Recording
            One is read after the other.
        preprocessing : Preprocessing
            From each to its windows.
        event_id, check_signal
            As in `label_events`, and as for the class.

        Returns
        -------
        EpochsDataset
            With "subject", "session", "recording" and "onset" of each window.

        Examples
        --------
        >>> from eegzoo.data import Epoch, EpochsDataset, Preprocessing, Recording
        >>> raws = [eegzoo.data.simulate_motor_imagery(8, random_state=seed) for seed in (0, 1)]
        >>> recordings = [Recording(raw, f"S{number}") for number, raw in enumerate(raws)]
        >>> dataset = EpochsDataset.from_recordings(recordings, Preprocessing([Epoch(0, 3)]))
        >>> len(dataset), sorted(set(dataset.groups("subject").tolist()))
        (16, ['S0', 'S1'])
        """
        datasets = []
        for recording in recordings:
            epochs = preprocessing.epochs(recording.raw, event_id)
            datasets.append(cls.from_epochs(epochs, check_signal, **recording.metadata))
        return cls.concatenate(datasets)
