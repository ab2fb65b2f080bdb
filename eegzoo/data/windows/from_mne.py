"""Data sets of windows from MNE epochs and from recordings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.projections import with_projections
from eegzoo.data.reading.recording import numbered_runs
from eegzoo.data.signal.channel_types import unit_of
from eegzoo.data.signal.choice.bad_channels import handle_bads
from eegzoo.data.signal.processing import Processing
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.data.windows.lazy_windows import LazyEpochs

if TYPE_CHECKING:
    from eegzoo.data.preprocessing.preprocessing import Preprocessing
    from eegzoo.data.reading.recording import Recording


class FromMNE:
    """Mixin with the constructors of `EpochsDataset` from MNE epochs and from recordings."""

    if TYPE_CHECKING:
        info: SignalInfo

        def __init__(
            self, X: Any, y: Any, classes: Any, info: Any, metadata: Any, check_signal: str
        ) -> None: ...

        @classmethod
        def concatenate(cls, datasets: Sequence[Self]) -> Self:
            """Join data sets."""

    @classmethod
    def from_epochs(
        cls,
        epochs: mne.BaseEpochs,
        check_signal: str = "raise",
        *,
        types: Sequence[str] = ("eeg",),
        bads: str = "raise",
        **metadata: npt.ArrayLike,
    ) -> Self:
        """Make a data set of the EEG channels of MNE epochs, converted to microvolts.

        Epochs that are not preloaded stay on disk; their windows are read when they are needed.
        Delayed projections, such as an average reference, are applied.

        Parameters
        ----------
        epochs : mne.Epochs
            Epochs. The names in their ``event_id`` become the labels.
        check_signal : {"raise", "warn", "ignore"}
            As in `EpochsDataset`.
        types : sequence of str
            Types of the channels: "eeg", "seeg", "ecog", "dbs", "csd", "mag" or "grad". Channels
            of MEG and current source density have units of their own (`SignalInfo`).
        bads : {"raise", "interpolate", "drop", "keep"}
            What to do with channels that are marked as bad.
        **metadata : str | array, shape (n_epochs,)
            Metadata columns such as ``subject``, ``session`` and ``recording``: one value for all
            epochs or one for each. The column "onset", the time of each window's first sample in
            seconds, is added; it is NaN where the events only number the epochs.

        Returns
        -------
        EpochsDataset
            Data set with one window per epoch.

        Raises
        ------
        ValueError
            If there are no EEG channels or no epochs, if channels are marked as bad, if a channel
            contains NaN or infinity, if ``event_id`` does not name each code exactly once, or if
            the unit is not volts.
        """
        kinds = epochs.get_channel_types()
        names = [n for n, kind in zip(epochs.ch_names, kinds, strict=True) if kind in types]
        if not names:
            raise ValueError(
                f"expected EEG channels, got channels of type {sorted(set(kinds))}; `types` takes "
                "others"
                if list(types) == ["eeg"]
                else f"expected channels of type {list(types)}, got {sorted(set(kinds))}"
            )
        if bads == "interpolate" and set(names) & set(epochs.info["bads"]):
            epochs = epochs.copy()
        names = handle_bads(epochs, names, bads)
        epochs = with_projections(epochs)
        places = {name: place for place, name in enumerate(epochs.ch_names)}
        picks = np.array([places[name] for name in names])
        ch_types = [kinds[pick] for pick in picks]
        unit, factor = unit_of(ch_types)
        X: Any
        if epochs.preload:
            X = epochs.get_data(picks=picks, copy=False, verbose="ERROR") * factor
        else:
            X = LazyEpochs(epochs, picks, factor)  # drops bad epochs, with their events
        if len(X) == 0:
            raise ValueError(f"expected at least one epoch, got none of {list(epochs.event_id)}")
        ch_names = [epochs.ch_names[pick] for pick in picks]
        info = SignalInfo(
            ch_names, float(epochs.info["sfreq"]), X.shape[2], float(epochs.tmin), unit, ch_types,
            Processing.of(epochs),
        )  # fmt: skip
        onset = onsets_of(epochs)
        known: dict[str, npt.ArrayLike] = {"onset": onset}
        for name, value in metadata.items():
            known[name] = np.broadcast_to(value, len(X)) if np.ndim(value) == 0 else value
        return cls(X, _targets(epochs), tuple(epochs.event_id), info, known, check_signal)

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
            Recordings, processed one after another. Those of one session without `run` are
            numbered.
        preprocessing : Preprocessing
            Steps from a recording to its windows.
        event_id : mapping of str to str | int | None
            As in `label_events`.
        check_signal : {"raise", "warn", "ignore"}
            As in `EpochsDataset`.

        Returns
        -------
        EpochsDataset
            Data set with "subject", "session", "recording" and "onset" of each window in its
            metadata; and "block", the labelled stretch that it is from, if `preprocessing` cuts
            events with a duration.

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
        for recording in numbered_runs(recordings):
            cut = preprocessing.at_events(recording.raw, event_id)
            known: dict[str, Any] = {
                **recording.metadata,
                **cut.metadata(recording.metadata["recording"]),
            }
            types = preprocessing.types
            dataset = cls.from_epochs(cut.epochs, check_signal, types=types, **known)
            dataset.info = dataset.info.filtered(preprocessing.processing.is_causal)
            datasets.append(dataset)
        return cls.concatenate(datasets)


def onsets_of(epochs: mne.BaseEpochs) -> npt.NDArray[np.float64]:
    """Return the time of each epoch's first sample in its recording, in seconds, or NaN.

    `mne.EpochsArray` numbers its epochs where it is given no events. Such numbers are no times.
    """
    samples = epochs.events[:, 0]
    # Of numbered epochs that were selected, the numbers are those of the selection.
    is_number = len(samples) > 1 and bool(np.ptp(samples - epochs.selection) == 0)
    # Numbers that were given or shifted: no one cuts a window at each sample.
    if is_number or (len(samples) > 2 and np.median(np.diff(np.sort(samples))) == 1):
        return np.full(len(samples), np.nan)
    # Events count the samples of the recording, even if the epochs were resampled.
    onset: npt.NDArray[np.float64] = samples / epochs._raw_sfreq + epochs.tmin
    return onset


def _targets(epochs: mne.BaseEpochs) -> list[int]:
    """Return the index in ``event_id`` of each epoch's label."""
    places = {code: place for place, code in enumerate(epochs.event_id.values())}
    codes = epochs.events[:, 2].tolist()
    if len(places) < len(epochs.event_id) or not places.keys() >= set(codes):
        raise ValueError(
            f"expected event_id to name each event code exactly once, got {epochs.event_id} for "
            f"the codes {sorted(set(codes))}"
        )
    return [places[code] for code in codes]
