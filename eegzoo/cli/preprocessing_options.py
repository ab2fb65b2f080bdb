"""Options of the preprocessing that `eegzoo train` applies and saves with the model."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eegzoo.cli.event_options import window_step

if TYPE_CHECKING:
    from eegzoo.data.preprocessing.preprocessing import Preprocessing
    from eegzoo.data.preprocessing.step import Step
    from eegzoo.data.windows.epochs_dataset import EpochsDataset

_PANEL = "Preprocessing"


def _option(help: str, default: bool | str = True, *names: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        *names, help=help, show_default=default, rich_help_panel=_PANEL
    )
    return option


TMin = Annotated[float, _option("Start of a window in seconds from its event.")]
TMax = Annotated[float, _option("End of a window in seconds from its event.")]
LFreq = Annotated[str, _option("Lower edge of the band-pass filter in Hz, or none.")]
HFreq = Annotated[str, _option("Upper edge of the band-pass filter in Hz, or none.")]
Scale = Annotated[
    float | None,
    _option("Factor for all amplitudes, such as 1e-6 for microvolts stored as volts.", "none"),
]
Resample = Annotated[float | None, _option("New sampling rate in Hz.", "none")]
Notch = Annotated[list[str] | None, _option("Frequencies in Hz to remove, such as 50,100.", "none")]
Reference = Annotated[
    list[str] | None, _option("New reference: average, or channels such as A1,A2.", "none")
]
File = Annotated[
    Path | None,
    _option(
        "JSON file with all steps, as --print-preprocessing prints it, instead of the options "
        "above.",
        "none",
        "--preprocessing",
    ),
]
Print = Annotated[
    bool,
    _option("Print the preprocessing as JSON and end.", "no", "--print-preprocessing"),
]


@dataclasses.dataclass(frozen=True)
class PreprocessingOptions:
    """Values of the options, as the command line gives them."""

    tmin: float = 0.0
    tmax: float = 4.0
    l_freq: str = "4.0"
    h_freq: str = "38.0"
    scale: float | None = None
    resample: float | None = None
    notch: Sequence[str] | None = None
    reference: Sequence[str] | None = None
    window: float | None = None
    stride: float | None = None
    file: Path | None = None

    def preprocessing(self, types: Sequence[str] = ("eeg",)) -> Preprocessing:
        """Return the preprocessing: units, reference, notch, band-pass, resampling, windows.

        Raises
        ------
        ValueError
            If a value is invalid, or if options are given besides a file.
        """
        from eegzoo.cli.option_values import split
        from eegzoo.data.preprocessing.channel_steps import Reference as ReferenceStep
        from eegzoo.data.preprocessing.filter_steps import Filter
        from eegzoo.data.preprocessing.filter_steps import Notch as NotchStep
        from eegzoo.data.preprocessing.filter_steps import Resample as ResampleStep
        from eegzoo.data.preprocessing.filter_steps import Scale as ScaleStep
        from eegzoo.data.preprocessing.preprocessing import Preprocessing

        if self.file is not None:
            given = [
                f"--{field.name.replace('_', '-')}"
                for field in dataclasses.fields(self)
                if field.name != "file" and getattr(self, field.name) != field.default
            ]
            if given:
                raise ValueError(f"expected --preprocessing without {', '.join(given)}, got both")
            return read_preprocessing(self.file)
        steps: list[Step] = []
        if self.scale is not None:
            steps.append(ScaleStep(self.scale))
        reference = split("--reference", self.reference)
        if reference:
            steps.append(ReferenceStep("average" if reference == ["average"] else reference))
        if self.notch:
            freqs = [_frequency("--notch", item) for item in split("--notch", self.notch)]
            steps.append(NotchStep([freq for freq in freqs if freq is not None]))
        band = _frequency("--l-freq", self.l_freq), _frequency("--h-freq", self.h_freq)
        if band != (None, None):
            steps.append(Filter(*band))
        if self.resample is not None:
            steps.append(ResampleStep(self.resample))
        steps.append(window_step(self.tmin, self.tmax, self.window, self.stride))
        return Preprocessing(steps, types=types)


def naming_channels(preprocessing: Preprocessing, dataset: EpochsDataset) -> Preprocessing:
    """Return a preprocessing that picks the channels of a data set if their names are not EEG's.

    Otherwise inference would leave out channels that were asked for in training.
    """
    from eegzoo.data.preprocessing.channel_steps import Pick
    from eegzoo.data.signal.channel_types import guess_type

    names = list(dataset.info.ch_names)
    if dataset.info.ch_types or all(guess_type(name, names) == "eeg" for name in names):
        return preprocessing
    return dataclasses.replace(preprocessing, steps=[Pick(names), *preprocessing.steps])


def as_json(preprocessing: Preprocessing) -> str:
    """Return a preprocessing as JSON, as `read_preprocessing` reads it."""
    return json.dumps(preprocessing.to_dict(), indent=2)


def read_preprocessing(path: Path) -> Preprocessing:
    """Return the preprocessing in a JSON file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file does not contain a preprocessing.
    """
    from eegzoo.data.preprocessing.preprocessing import Preprocessing

    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise ValueError(f"got {type(values).__name__}")
        return Preprocessing.from_dict(values)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"expected a preprocessing as JSON in {path}: {error}") from error


def _frequency(option: str, given: str) -> float | None:
    if given.strip().lower() == "none":
        return None
    try:
        return float(given)
    except ValueError:
        raise ValueError(
            f"expected a frequency in Hz or none for {option}, got {given!r}"
        ) from None
