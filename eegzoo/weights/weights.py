"""Trained weights: what they are, what they take, and the model that they make."""

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

    from eegzoo.data import EpochsDataset, Normalizer, Preprocessing, SignalInfo


@dataclasses.dataclass(frozen=True)
class Weights:
    """Trained weights: what they are, what they take, and the model that they make.

    `list_weights` and `find_weights` give them.

    Parameters
    ----------
    name : str
        ``architecture.tag``.
    metadata : Card
        All that is known of them.
    source : Path | AuthorsFile
        The file that eegzoo saved; or the authors' file, which is fetched on first use.

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
        """Print what is known of the weights."""
        print("\n".join(lines_of(self.name, self.metadata)))  # noqa: T201 (it is what it is for)

    @property
    def signal(self) -> SignalInfo:
        """What their windows are."""
        return data.SignalInfo.from_dict(self.metadata.signal)

    @property
    def preprocessing(self) -> Preprocessing:
        """What makes windows of a recording."""
        return data.Preprocessing.from_dict(self.metadata.preprocessing)

    def as_mne_code(self) -> str:
        """Return the MNE code that does the same to a recording named ``raw``."""
        return self.preprocessing.as_mne_code()

    def epochs(
        self,
        inst: mne.io.BaseRaw | mne.BaseEpochs,
        event_id: Mapping[str, str | int] | None = None,
    ) -> mne.BaseEpochs:
        """Return preprocessed windows, which `EEGClassifier.from_weights` takes.

        Parameters
        ----------
        inst : mne.io.Raw | mne.Epochs
            It is not changed.
        event_id : mapping of str to str | int | None
            As in `label_events`. None: the events of a recording that have the weights' labels;
            where there are none, all.

        Raises
        ------
        ValueError
            As `Preprocessing.epochs` does.
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
        """Return windows that the model takes as they are, normalised as in the training.

        A model that was trained on crops of them takes crops.

        Parameters
        ----------
        inst : mne.io.Raw | mne.Epochs
            It is not changed.
        event_id : mapping of str to str | int | None
            As in `epochs`.
        missing : {"raise", "interpolate", "zero"}
            What becomes of channels that are not there.
        check_signal : {"raise", "warn", "ignore"}
            What to do about amplitudes that cannot be microvolts of EEG.
        fit_on : mne.Epochs | EpochsDataset | array | None
            Windows to fit the normalisation on, for weights whose authors published none.

        Returns
        -------
        EpochsDataset
            For the model; `EEGClassifier.from_weights` normalises by itself.

        Raises
        ------
        ValueError
            If channels are missing; if the sampling rate is another and no step changes it; if
            the unit is another, with the factor.
        """
        dataset = data.EpochsDataset.from_epochs(self.epochs(inst, event_id), "ignore")
        dataset = dataset.aligned_to(self.signal, missing=missing)
        data.check_amplitude(dataset.X, self.metadata.amplitude, check_signal)
        normalizer = self.normalizer(fit_on)
        return dataset if normalizer.how == "none" else dataset.mapped(normalizer.transform)

    def normalizer(self, fit_on: Any = None) -> Normalizer:
        """Return the normalisation that the model's windows go through.

        Parameters
        ----------
        fit_on : mne.Epochs | EpochsDataset | array | None
            Windows to fit the normalisation on, for weights whose authors published none.

        Raises
        ------
        ValueError
            If `fit_on` is needed and not given.
        """
        how = self.metadata.normalization
        if fit_on is not None:
            return data.fit_normalizer(data.as_inputs(fit_on, self.signal).windows(), how)
        if isinstance(self.source, Path):
            return data.normalizer_from_dict(read_metadata(self.source)["extra"]["normalizer"])
        if not data.NORMALIZERS[how].is_fitted:
            normalizer: Normalizer = data.NORMALIZERS[how]()
            return normalizer
        raise ValueError(
            f"expected fit_on: {self.name} takes windows that are normalised ({how}) with the "
            "statistics of a training session, which its authors did not publish"
        )
