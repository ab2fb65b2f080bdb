"""Events of a recording that are the labels of a trained model, without ``--event-id``."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import mne

    from eegzoo.data.reading.events.sources import EventSource


@dataclasses.dataclass(frozen=True)
class TrainedEvents:
    """Labels of a model, and the events that had them in its training.

    Parameters
    ----------
    labels : sequence of str
        Labels of the model. Empty for a regressor.
    event_id : mapping of str to sequence of str
        Events of each label, as in ``--event-id`` of the training. Empty if it had none.
    """

    labels: Sequence[str]
    event_id: Mapping[str, Sequence[str]]

    def in_recording(
        self, raw: mne.io.BaseRaw, source: EventSource, name: str, says: bool = True
    ) -> dict[str, list[str]]:
        """Return the events of each label in a recording.

        They are those of the training if the recording has them, otherwise those that are named
        like the labels, without rest if there are two others. With `says`, what is used and what is
        left out is said on standard error.

        Parameters
        ----------
        raw : mne.io.Raw
            Recording.
        source : EventSource
            Where events are read from.
        name : str
            Name of the recording.
        says : bool
            Whether to say it.

        Raises
        ------
        ValueError
            If no event is one of a label. The message names the labels and the events.
        """
        classes: Sequence[str] = ()
        for names, classes in _events(raw, source):
            found = self.among(names, classes)
            if found:
                self._say(found, classes, name, says)
                return found
        raise self._none_of(classes)

    def in_epochs(self, epochs: mne.BaseEpochs, name: str) -> dict[str, list[str]]:
        """Return the events of each label in epochs, as `in_recording` does."""
        classes = list(epochs.event_id)
        names = [*classes, *map(str, epochs.event_id.values())]
        found = self.among(names, classes)
        if not found:
            raise self._none_of(classes)
        self._say(found, classes, name, says=True)
        return found

    def among(self, names: Collection[str], classes: Collection[str]) -> dict[str, list[str]]:
        """Return the events of each label among names; empty if no label has one.

        Parameters
        ----------
        names : collection of str
            Names of all events.
        classes : collection of str
            Names that wildcards and tags can match.

        Examples
        --------
        >>> known = TrainedEvents(["left", "right"], {"left": ["1"], "right": ["2"]})
        >>> known.among(["1", "2", "9"], ["1", "2", "9"])
        {'left': ['1'], 'right': ['2']}
        >>> known.among(["left", "right"], ["left", "right"])
        {'left': ['left'], 'right': ['right']}
        """
        from eegzoo.data.reading.events.event_names import resolve

        as_trained: dict[str, list[str]] = {}
        for label, patterns in self.event_id.items():
            try:
                as_trained |= resolve({label: patterns}, names, classes)
            except ValueError:
                continue
        by_name = {label: [label] for label in self.labels if label in names}
        if len(by_name) > 2:  # as without a model: pauses between trials are called so as well
            by_name.pop("rest", None)
        return as_trained if len(as_trained) >= len(by_name) else by_name

    def _say(
        self, found: Mapping[str, Sequence[str]], classes: Sequence[str], name: str, says: bool
    ) -> None:
        from eegzoo.data.reading.events.event_names import listed, quoted

        if not says:
            return
        used = [event for events in found.values() for event in events]
        parts = []
        if sorted(used) != sorted(found):
            parts.append(f"events as in training: {in_words(found)}")
        absent = [label for label in self.labels if label not in found and label not in classes]
        if absent:
            parts.append(f"no events of {listed(absent)}")
        left = [event for event in classes if event not in used]
        if "rest" in left and "rest" in self.labels:
            parts.append("events left out: 'rest' (--event-id can include them)")
        others = [quoted(event) for event in left if event not in self.labels]
        if others:
            parts.append(f"events left out, which are no labels of the model: {', '.join(others)}")
        if parts:
            typer.echo(f"{name}: {'; '.join(parts)}", err=True)

    def _none_of(self, classes: Sequence[str]) -> ValueError:
        from eegzoo.data.reading.events.event_names import listed, quoted

        if not self.labels:
            return ValueError(
                f"expected events as in training, {in_words(self.event_id)}; got events "
                f"{listed(classes) or '(none)'}; --event-id tells which to use"
            )
        trained = f" or, as in training, {in_words(self.event_id)}" if self.event_id else ""
        example = ",".join(f"{quoted(label)}=EVENT" for label in self.labels)
        return ValueError(
            f"expected events named like the labels of the model, {listed(self.labels)}{trained}; "
            f"got events {listed(classes) or '(none)'}; --event-id {example} tells which events "
            "are which labels"
        )


def in_words(event_id: Mapping[str, Sequence[str]]) -> str:
    """Return events of labels as ``--event-id`` takes them.

    Examples
    --------
    >>> in_words({"left": ["1", "3"], "press, right": ["2"]})
    'left=1,3,"press, right"=2'
    """
    from eegzoo.data.reading.events.event_names import quoted

    return ",".join(
        f"{quoted(label)}={','.join(_quoted_pattern(event) for event in events)}"
        for label, events in event_id.items()
    )


def _quoted_pattern(event: str) -> str:
    """Return an event quoted where it has to be; one of ``--event-id`` may be quoted already."""
    from eegzoo.data.reading.events.event_names import quoted, unquoted

    return quoted(unquoted(event))


def _events(
    raw: mne.io.BaseRaw, source: EventSource
) -> Iterator[tuple[Collection[str], Sequence[str]]]:
    """Yield the names of all events and of classes: of annotations, then also of stim channels."""
    from eegzoo.data.reading.events.listing import list_events
    from eegzoo.data.reading.events.sources import EventSource

    sources = [EventSource("annotations")] if source.events_from is None else []
    for each in [*sources, source]:  # a stim channel is read, and refused, only if it is needed
        listing = list_events(raw, each)
        yield (
            [event.name for event in listing],
            [event.name for event in listing if event.left_out is None],
        )
