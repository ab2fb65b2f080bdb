"""Trained weights with their card and preprocessing."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eegzoo import data
from eegzoo.models.saving import read_metadata
from eegzoo.weights.authors.authors_file import AuthorsFile
from eegzoo.weights.card import Card, lines_of

if TYPE_CHECKING:
    import mne

    from eegzoo.data import EpochsDataset, Normalizer, PersonAlignment, Preprocessing, SignalInfo


@dataclasses.dataclass(frozen=True)
class Weights:
    """Trained weights with their card and preprocessing.

    `find_weights`, `weights_in` and `from_hub` return them.

    Parameters
    ----------
    name : str
        Name of the weights, ``architecture.tag``.
    metadata : Card
        Card of the weights.
    source : Path | AuthorsFile
        File saved by eegzoo, or authors' file, which is fetched on first use.

    Examples
    --------
    >>> weights = eegzoo.find_weights("eegnet.physionet_mi2")
    >>> weights.metadata.labels, weights.metadata.signal["sfreq"]
    (('left_fist', 'right_fist'), 160.0)
    >>> print(weights.as_mne_code())
    raw = raw.copy().pick("eeg").load_data()
    events, event_id = mne.events_from_annotations(raw)
    epochs = mne.Epochs(raw, events, event_id, tmin=0.0, tmax=2.99375, baseline=None, preload=True)
    X = 1e6 * epochs.get_data()  # microvolts
    """

    name: str
    metadata: Card
    source: Path | AuthorsFile = dataclasses.field(repr=False)

    def card(self) -> None:
        """Print the card."""
        print("\n".join(lines_of(self.name, self.metadata)))  # noqa: T201 (the method prints)

    @property
    def signal(self) -> SignalInfo:
        """Channels, sampling rate, window, unit and processing of the model's input."""
        signal = data.SignalInfo.from_dict(self.metadata.signal)
        if signal.processing is None:
            signal = dataclasses.replace(signal, processing=self.preprocessing.processing)
        return signal

    @property
    def preprocessing(self) -> Preprocessing:
        """Preprocessing from a recording to windows."""
        return data.Preprocessing.from_dict(self.metadata.preprocessing)

    def as_mne_code(self) -> str:
        """Return MNE code that preprocesses a recording named ``raw`` in the same way."""
        return self.preprocessing.as_mne_code()

    def epochs(
        self,
        inst: mne.io.BaseRaw | mne.BaseEpochs,
        event_id: Mapping[str, str | int] | None = None,
    ) -> mne.BaseEpochs:
        """Return preprocessed windows for `EEGClassifier.from_weights`.

        Parameters
        ----------
        inst : mne.io.Raw | mne.Epochs
            Recording or epochs; not changed.
        event_id : mapping of str to str | int | None
            Events to use, as in `label_events`. None: the events of a recording that are named
            like the weights' labels, or all events if there are none.

        Returns
        -------
        mne.Epochs
            Preprocessed windows, not normalised.

        Raises
        ------
        ValueError
            If `Preprocessing.epochs` raises an error.
        """
        if event_id is None:
            event_id = data.labels_among_events(inst, self.metadata.labels)
        return self.preprocessing.epochs(inst, event_id)

    def preprocess(
        self,
        inst: mne.io.BaseRaw | mne.BaseEpochs,
        event_id: Mapping[str, str | int] | None = None,
        missing: str = "raise",
        check_signal: str = "raise",
        fit_on: Any = None,
    ) -> EpochsDataset:
        """Return preprocessed and normalised windows for the model.

        Windows for a model that was trained with alignment by person are aligned as those of one
        person.

        A model that was trained on crops takes crops of these windows. For a classifier from
        `EEGClassifier.from_weights`, which normalises windows itself, use `epochs`.

        Parameters
        ----------
        inst : mne.io.Raw | mne.Epochs
            Recording or epochs; not changed.
        event_id : mapping of str to str | int | None
            Events to use, as in `epochs`.
        missing : {"raise", "interpolate", "zero"}
            Treatment of missing channels: raise an error, interpolate them, or set them to zero.
        check_signal : {"raise", "warn", "ignore"}
            Reaction to amplitudes that are implausible for EEG in microvolts.
        fit_on : mne.Epochs | EpochsDataset | array | None
            Windows to fit the normalisation on, for weights whose authors published none.

        Returns
        -------
        EpochsDataset
            Windows for the model.

        Raises
        ------
        ValueError
            If channels are missing, if the sampling rate differs and no step changes it, or if the
            unit differs; the message then contains the factor.
        """
        dataset = data.EpochsDataset.from_epochs(
            self.epochs(inst, event_id), "ignore", types=self.preprocessing.types
        )
        dataset = dataset.aligned_to(self.signal, missing=missing)
        data.check_amplitude(
            dataset.X,
            self.metadata.amplitude,
            check_signal,
            self.signal.ch_names,
            self.signal.sfreq,
        )
        alignment = self.alignment
        if alignment is not None:
            dataset = data.align_people(dataset, alignment, by=None)
        normalizer = self.normalizer(fit_on)
        return dataset if normalizer.how == "none" else dataset.mapped(normalizer.transform)

    @property
    def event_id(self) -> dict[str, list[str]]:
        """Events that had each label in the training, as far as the file tells."""
        if not isinstance(self.source, Path):
            return {}
        return dict(read_metadata(self.source)["extra"].get("event_id", {}))

    @property
    def alignment(self) -> PersonAlignment | None:
        """Alignment by person that the model's windows need, or None."""
        if not isinstance(self.source, Path):
            return None
        described = read_metadata(self.source)["extra"].get("align")
        return None if described is None else data.PersonAlignment.from_dict(described)

    def normalizer(self, fit_on: Any = None) -> Normalizer:
        """Return the normalisation of the model's windows.

        Parameters
        ----------
        fit_on : mne.Epochs | EpochsDataset | array | None
            Windows to fit the normalisation on, for weights whose authors published none.

        Raises
        ------
        ValueError
            If the authors published no normalisation and `fit_on` is None.
        """
        how = self.metadata.normalization
        if fit_on is not None:
            return data.fit_normalizer(data.as_inputs(fit_on, self.signal).windows(), how)
        if isinstance(self.source, Path):
            return data.normalizer_from_dict(read_metadata(self.source)["extra"]["normalizer"])
        if not data.NORMALIZERS[how].is_fitted:
            normalizer: Normalizer = data.NORMALIZERS[how]()
            return normalizer
        text = (
            f"expected fit_on: {self.name} was trained on windows normalised ({how}) with "
            "statistics that its authors did not publish"
        )
        if list(self.metadata.labels) == ["W", "N1", "N2", "N3", "R"]:
            text += "; eegzoo.sleep.stage (eegzoo stage, eegzoo evaluate) needs none"
        raise ValueError(text)
