"""Options of a training: the arguments of `EEGClassifier`."""

from __future__ import annotations

from typing import Annotated

import typer


def _setting(help: str, small: str, plain: str) -> typer.models.OptionInfo:
    """Return an option whose default is the recipe's: a test compares these with the recipes."""
    default = small if small == plain else f"{small}; plain: {plain}"
    option: typer.models.OptionInfo = typer.Option(
        help=help, show_default=default, rich_help_panel="Training"
    )
    return option


def _training(help: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(help=help, rich_help_panel="Training")
    return option


RecipeName = Annotated[str, _training("Defaults of the settings below: small, plain.")]
Normalize = Annotated[
    str | None,
    _setting("whiten, standardize, window, exponential, none.", "whiten", "standardize"),
]
CropLength = Annotated[
    str | None, _setting("Samples of a random crop, or half, or whole.", "half", "whole")
]
NCrops = Annotated[int | None, _setting("Crops that a prediction averages over.", "9", "1")]
Augment = Annotated[
    list[str] | None,
    _setting("How windows are varied, such as time_shift,mixup; or none.", "none", "none"),
]
Epochs = Annotated[
    int | None,
    _setting(
        "Passes over the windows.",
        "enough for 250 batches, 20 to 100",
        "enough for 250 batches, 20 to 100",
    ),
]
BatchSize = Annotated[int | None, _setting("About how many windows a batch holds.", "16", "16")]
LearningRate = Annotated[float | None, _setting("Learning rate at its height.", "0.01", "0.001")]
Warmup = Annotated[float | None, _setting("Share of batches in which it rises.", "0", "0")]
WeightDecay = Annotated[float | None, _setting("Of Adam, decoupled.", "0", "0")]
ClipNorm = Annotated[float | None, _setting("Largest norm of a gradient; 0: any.", "0", "0")]
Ema = Annotated[float | None, _setting("Decay of the weights' moving average; 0: none.", "0", "0")]
Validation = Annotated[
    float | None,
    _setting("Share of windows, by groups, to choose the epoch by; 0: the last.", "0", "0"),
]
Patience = Annotated[
    int | None,
    _setting("Epochs without a better validation after which to stop; 0: never.", "0", "0"),
]
ClassWeight = Annotated[
    str | None,
    typer.Option(
        help="balanced: rare labels count more.", show_default="none", rich_help_panel="Training"
    ),
]
Precision = Annotated[str, _training("float32; or mixed with it: bfloat16, float16.")]
Compile = Annotated[bool, _training("Compile the model, for long trainings.")]
CheckpointFolder = Annotated[
    str | None,
    typer.Option(
        help="Folder from which the same command, killed, goes on.",
        show_default="none",
        rich_help_panel="Training",
    ),
]
Device = Annotated[str, _training("Where to compute: cpu, cuda; auto: a GPU if there is one.")]
Devices = Annotated[
    int, _training("Processes that train together, each with a GPU or its share of the cores.")
]
Verbose = Annotated[int, _training("0: without progress bar.")]


def crop_length(given: str | None) -> int | str | None:
    """Return the crop's length as `EEGClassifier` takes it."""
    return int(given) if given is not None and given.isdigit() else given


def augment(given: list[str] | None) -> tuple[str, ...] | None:
    """Return augmentations as `EEGClassifier` takes them: "none" is none of them."""
    from eegzoo.cli.sources import split

    if given is None:
        return None
    names = tuple(split(given))
    if "none" in names and len(names) > 1:
        raise ValueError(f"expected --augment none or names, got {','.join(names)}")
    return () if names == ("none",) else names
