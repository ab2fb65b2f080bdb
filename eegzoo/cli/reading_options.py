"""Options for the readers of recordings, and the reading of files with them."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli.option_values import pairs

if TYPE_CHECKING:
    import mne

ReaderOption = Annotated[
    list[str] | None,
    typer.Option(
        "--reader-option",
        metavar="KEY=VALUE",
        help="Argument of the format's reader, such as encoding=latin1 for EDF, sfreq=250 and "
        "unit=mV for tables, or data=NAME for MATLAB; can be repeated.",
        show_default="none",
    ),
]
Truncated = Annotated[
    str,
    typer.Option(help="Handling of truncated files: raise, or keep what is complete."),
]


def parse_reader_options(given: list[str] | None) -> dict[str, Any]:
    """Return reader options; a value in JSON is a number, list, true, false or null.

    Raises
    ------
    ValueError
        If an option has no value or is given twice.

    Examples
    --------
    >>> parse_reader_options(["sfreq=250", "encoding=latin1", 'exclude=["ECG", "EMG"]'])
    {'sfreq': 250, 'encoding': 'latin1', 'exclude': ['ECG', 'EMG']}
    """
    options: dict[str, Any] = {}
    for key, value in pairs("--reader-option", given).items():
        try:
            options[key] = json.loads(value)
        except json.JSONDecodeError:
            options[key] = value
    return options


def reading_values(reader_option: list[str] | None, truncated: str) -> dict[str, Any]:
    """Return the keyword arguments of `eegzoo.data.read_recording` that the options stand for.

    Raises
    ------
    ValueError
        If an option has a wrong value.
    """
    from eegzoo.arguments import one_of
    from eegzoo.data.reading.read_recording import TRUNCATED

    one_of("--truncated", truncated, TRUNCATED)
    return {"truncated": truncated, "reader_options": parse_reader_options(reader_option)}


def reader(
    reader_option: list[str] | None, truncated: str
) -> Callable[[Path], mne.io.BaseRaw | mne.BaseEpochs]:
    """Return a function that reads a recording, or epochs, as the options say.

    What is assumed or changed while reading is printed on standard error.

    Raises
    ------
    ValueError
        If an option has a wrong value.
    """
    values = reading_values(reader_option, truncated)

    def read(path: Path) -> mne.io.BaseRaw | mne.BaseEpochs:
        from eegzoo.data.reading.read_epochs import is_epochs_file, read_epochs
        from eegzoo.data.reading.read_recording import read_recording

        with _printed_notes():
            if not is_epochs_file(path):
                return read_recording(path, **values)
            if values["reader_options"] or truncated != "raise":
                raise ValueError(
                    f"expected --reader-option and --truncated with a recording, got epochs: {path}"
                )
            return read_epochs(path)

    return read


class _Printer(logging.Handler):
    """Handler that prints messages on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        typer.echo(record.getMessage(), err=True)


@contextmanager
def _printed_notes() -> Iterator[None]:
    """Print what the readers log and warn of, in one line each."""
    logger, printer = logging.getLogger("eegzoo.data.reading"), _Printer(logging.INFO)
    level, propagate = logger.level, logger.propagate
    logger.addHandler(printer)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            warnings.simplefilter("always", RuntimeWarning)
            yield
        for text in dict.fromkeys(str(warning.message) for warning in caught):
            typer.echo(text, err=True)
    finally:
        logger.removeHandler(printer)
        logger.setLevel(level)
        logger.propagate = propagate
