"""Labelled windows for a trained model, as the options of a command select them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eegzoo.cli import matching, sources, store_options

if TYPE_CHECKING:
    from eegzoo.cli.channel_options import ChannelOptions
    from eegzoo.cli.trained import Trained
    from eegzoo.data.reading.events.sources import EventSource
    from eegzoo.data.windows.epochs_dataset import EpochsDataset


@dataclasses.dataclass(frozen=True)
class WindowOptions:
    """Options that select labelled windows, and match them to a model."""

    data: str | None
    subjects: list[str] | None
    runs: list[str] | None
    raw: list[Path] | None
    subject: list[str] | None
    event_id: list[str] | None
    source: EventSource
    annotations: list[Path] | None
    target: str | None
    metadata: list[Path] | None
    read: Callable[[Path], Any]
    channels: ChannelOptions
    missing: str
    resample: bool
    check_signal: str

    def load(
        self, trained: Trained, seed: int, seen: Callable[..., None] | None = None
    ) -> EpochsDataset:
        """Return the windows, preprocessed as in the training of a model, with its channels.

        Parameters
        ----------
        trained : Trained
            Model.
        seed : int
            Seed of a simulated recording.
        seen : callable | None
            Called with each recording and its windows, as in `load_windows`.
        """
        dataset = sources.load_windows(
            matching.resampling(trained, self.resample), self.data, self.subjects, self.runs,
            self.raw, self.event_id, seed, self.check_signal, self.target, self.metadata,
            self.annotations, self.source, self.read, self.subject, self.channels,
            matching.channels_of(trained), seen, trained=trained.events,
        )  # fmt: skip
        return matching.aligned(dataset, trained, self.missing)


@dataclasses.dataclass(frozen=True)
class StoredWindows:
    """Options that name a store of labelled windows, and match them to a model."""

    store: str
    cache_gb: float
    storage_option: list[str] | None
    missing: str

    def load(self, trained: Trained, seed: int) -> EpochsDataset:
        """Return the windows with the channels of a model; `seed` has no influence."""
        opened = store_options.open_store(self.store, self.cache_gb, self.storage_option)
        return matching.aligned(opened.dataset(), trained, self.missing)
