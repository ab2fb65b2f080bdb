"""Options that decide which channels of recordings are used."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from eegzoo.cli.channel_rename import new_names, renamed

if TYPE_CHECKING:
    import mne

    from eegzoo.data.preprocessing.preprocessing import Preprocessing
    from eegzoo.data.signal.choice.channel_choice import ChannelChoice

_PANEL = "Channels"
_SHOWN = 8  # channels that a message lists before it only counts them

Channels = Annotated[
    list[str] | None,
    typer.Option(
        help="Names or patterns, such as Fz,C*; common: EEG channels that all files have; "
        "all: EEG channels, which must be the same in all files.",
        show_default="common", rich_help_panel=_PANEL,
    ),
]  # fmt: skip
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        help="Names or patterns of channels to leave out.", show_default="none",
        rich_help_panel=_PANEL,
    ),
]  # fmt: skip
Types = Annotated[
    list[str] | None,
    typer.Option(
        help="Types of the channels: eeg, seeg, ecog, dbs, csd, mag, grad.",
        show_default="eeg, or those of the model", rich_help_panel=_PANEL,
    ),
]  # fmt: skip
Bads = Annotated[
    str,
    typer.Option(
        help="Handling of channels marked as bad: interpolate, drop, keep, raise.",
        rich_help_panel=_PANEL,
    ),
]
Rename = Annotated[
    list[str] | None,
    typer.Option(
        help="New names, such as Ch1=Fp1,Ch2=Fp2, or a file: two columns of CSV or TSV, or JSON.",
        show_default="none", rich_help_panel=_PANEL,
    ),
]  # fmt: skip
Scale = Annotated[
    float | None,
    typer.Option(
        help="Factor for the amplitudes of these channels, such as 1e-6.", show_default="none",
        rich_help_panel=_PANEL,
    ),
]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class ChannelOptions:
    """Values of the options about channels, as the command line gives them."""

    channels: Sequence[str] | None = None
    exclude: Sequence[str] | None = None
    types: Sequence[str] | None = None
    bads: str = "interpolate"
    rename: Sequence[str] | None = None
    scale: float | None = None

    def check(self) -> None:
        """Raise an error unless the values are valid; files of names are read."""
        from eegzoo.arguments import number_between, one_of
        from eegzoo.data.signal.choice.bad_channels import BADS

        one_of("--bads", self.bads, BADS)
        if self.scale is not None:
            number_between("--scale", self.scale, 0.0, above=True)
        self.chosen_types()
        self.patterns()
        new_names(self.rename)

    def chosen_types(self, default: Sequence[str] = ("eeg",)) -> tuple[str, ...]:
        """Return the values of --types."""
        from eegzoo.arguments import one_of
        from eegzoo.cli.option_values import split
        from eegzoo.data.signal.choice.channel_choice import TYPES

        types = tuple(split("--types", self.types)) or tuple(default)
        for kind in types:
            one_of("--types", kind, TYPES)
        return types

    def patterns(self) -> list[str] | None:
        """Return the patterns of --channels; None for common and all."""
        from eegzoo.cli.option_values import split

        patterns = split("--channels", self.channels)
        if {"common", "all"} & set(patterns):
            if len(patterns) > 1:
                raise ValueError(f"expected --channels to be common, all or names, got {patterns}")
            return None
        return patterns or None


@dataclasses.dataclass(frozen=True)
class Chosen:
    """Recordings with their channels chosen, and what is to be said about them.

    Parameters
    ----------
    raws : list of mne.io.Raw
        Recordings whose channels of the chosen types are those that are used.
    choices : list of ChannelChoice
        Decision for each recording.
    interpolated : list of list of str
        Bad channels that were interpolated in each recording.
    names : list of str
        Names of the recordings for messages.
    """

    raws: list[mne.io.BaseRaw]
    choices: list[ChannelChoice]
    interpolated: list[list[str]]
    names: list[str]

    def naming_channels(self, preprocessing: Preprocessing) -> Preprocessing:
        """Return a preprocessing that picks the channels by name if their names are not EEG's."""
        from eegzoo.data.preprocessing.channel_steps import Pick
        from eegzoo.data.signal.channel_types import found_types

        unusual = any(
            found_types(raw)[name] not in choice.types
            for raw, choice in zip(self.raws, self.choices, strict=True)
            for name in choice.final_names
        )
        if not unusual:
            return preprocessing
        pick = Pick(list(self.choices[0].final_names))
        return dataclasses.replace(preprocessing, steps=[pick, *preprocessing.steps])

    def report(self) -> None:
        """Print, on standard error, which channels are used unless all are, as they are."""
        notes: dict[str, list[str]] = {}
        for name, choice, repaired in zip(self.names, self.choices, self.interpolated, strict=True):
            if choice.left_out or repaired or choice.renamed or _references(choice):
                notes.setdefault(describe(choice, repaired), []).append(name)
        for text, names in notes.items():
            shown = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more files"
            typer.echo(f"{shown}: {text}", err=True)


def choose(
    recordings: Sequence[tuple[str, mne.io.BaseRaw]],
    options: ChannelOptions,
    *,
    types: Sequence[str] = ("eeg",),
    keep: Sequence[str] = (),
    repair: bool = True,
) -> Chosen:
    """Choose the channels of recordings.

    Parameters
    ----------
    recordings : sequence of tuple of str and mne.io.Raw
        Recordings with the names under which messages mention them. They are not changed.
    options : ChannelOptions
        Options of the command line.
    types : sequence of str
        Types without --types.
    keep : sequence of str
        Channels of a model, which are used whatever their names say.
    repair : bool
        Whether to interpolate bad channels, for which a recording is loaded into memory.

    Raises
    ------
    ValueError
        If a recording has no channels of the types, if the recordings have none in common, or if
        they differ and --channels asks for all or for names.
    """
    from eegzoo.cli.option_values import split
    from eegzoo.data.signal.choice import channel_choice
    from eegzoo.data.signal.choice.bad_channels import bad_channel_weights, handle_bads

    patterns, exclude = options.patterns(), split("--exclude", options.exclude)
    types = options.chosen_types(types)
    names = [name for name, _ in recordings]
    raws = [renamed(raw, options.rename) for _, raw in recordings]
    choices = []
    for name, raw in zip(names, raws, strict=True):
        try:
            choice = channel_choice.choose_channels(
                raw, channels=patterns, exclude=exclude, types=types, keep=keep
            )
            marked = [known for known in choice.names if known in raw.info["bads"]]
            if marked and options.bads == "drop":
                choice = choice.without(marked, "marked as bad")
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        choices.append(choice)
    different = channel_choice.differences(dict(zip(names, choices, strict=True)))
    if different and (patterns or "all" in (options.channels or ())):
        raise ValueError(
            f"expected the same channels in all files, got only in some: {different}; "
            "--channels common uses those that all files have"
        )
    choices = channel_choice.common_channels(choices)
    chosen, interpolated = [], []
    for name, raw, choice in zip(names, raws, choices, strict=True):
        own = channel_choice.with_choice(raw, choice)
        marked = [known for known in choice.final_names if known in own.info["bads"]]
        interpolated.append(marked if options.bads == "interpolate" else [])
        try:
            if repair or options.bads in ("raise", "keep"):
                handle_bads(own, choice.final_names, options.bads)
            else:
                good = [known for known in choice.final_names if known not in marked]
                for known in marked:
                    bad_channel_weights(own.info, good, known)  # raises if it is not possible
        except ValueError as error:
            raise ValueError(f"{name}: {str(error).replace('bads=', '--bads ')}") from error
        if options.scale is not None:
            factor = options.scale
            own.load_data(verbose="ERROR").apply_function(
                lambda data, factor=factor: data * factor, picks=list(choice.final_names)
            )
        chosen.append(own)
    return Chosen(chosen, choices, interpolated, names)


def describe(choice: ChannelChoice, interpolated: Sequence[str] = ()) -> str:
    """Return in one line which channels are used and which are not."""
    from eegzoo.data.signal.channel_names import standard_name

    names = [
        standard_name(name, kind)
        for name, kind in zip(choice.final_names, choice.types, strict=True)
    ]
    kinds = "/".join(dict.fromkeys("EEG" if k == "eeg" else k for k in choice.types))
    references = _references(choice)
    text = f"{len(names)} {kinds} channels ({_listed(names)})"
    if references:
        text += f", reference {', '.join(references)}"
    if interpolated:
        text += f"; interpolated: {', '.join(interpolated)}"
    if choice.left_out:
        lost = [f"{name} ({reason})" for name, reason in choice.left_out.items()]
        text += f"; left out: {_listed(lost)}"
    return text


def _references(choice: ChannelChoice) -> list[str]:
    from eegzoo.data.signal.channel_names import split_name

    found = [
        split_name(name)[1]
        for name, kind in zip(choice.final_names, choice.types, strict=True)
        if kind == "eeg"
    ]
    return [reference for reference in dict.fromkeys(found) if reference]


def _listed(items: Sequence[str]) -> str:
    shown = ", ".join(items[:_SHOWN])
    return shown if len(items) <= _SHOWN else f"{shown} and {len(items) - _SHOWN} more"
