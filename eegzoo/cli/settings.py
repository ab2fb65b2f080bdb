"""Training options of the command line, which are arguments of `EEGClassifier`."""

from __future__ import annotations

from typing import Annotated

import typer


def _setting(help: str, small: str, plain: str) -> typer.models.OptionInfo:
    """Return an option whose default comes from the recipe; a test compares the defaults shown."""
    default = small if small == plain else f"{small}; plain: {plain}"
    option: typer.models.OptionInfo = typer.Option(
        help=help, show_default=default, rich_help_panel="Training"
    )
    return option


def _training(help: str, default: bool | str = True) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        help=help, show_default=default, rich_help_panel="Training"
    )
    return option


_ENOUGH = "enough for 250 batches, 20 to 100"

RecipeName = Annotated[
    str,
    _training(
        "Defaults of the settings below: small, plain, or tinysleepnet for nights (200 epochs)."
    ),
]
Normalize = Annotated[
    str | None,
    _setting(
        "Normalisation of the channels: whiten, standardize, window, exponential or none.",
        "whiten",
        "standardize",
    ),
]
Align = Annotated[
    str | None,
    _training(
        "Alignment of each person's windows by these windows alone: zscore, euclid or riemann.",
        default="none",
    ),
]
CropLength = Annotated[
    str | None,
    _setting("Length of random crops: half or whole (of a window), or samples.", "half", "whole"),
]
NCrops = Annotated[int | None, _setting("Number of crops averaged in a prediction.", "9", "1")]
Augment = Annotated[
    list[str] | None, _setting("Augmentations, such as time_shift,mixup, or none.", "none", "none")
]
MaxEpochs = Annotated[
    int | None, _setting("Number of passes over the training windows.", _ENOUGH, _ENOUGH)
]
BatchSize = Annotated[int | None, _setting("Approximate number of windows in a batch.", "16", "16")]
LearningRate = Annotated[float | None, _setting("Peak learning rate.", "0.01", "0.001")]
Warmup = Annotated[
    float | None, _setting("Share of batches in which the learning rate rises.", "0", "0")
]
WeightDecay = Annotated[float | None, _setting("Weight decay of AdamW.", "0", "0")]
ClipNorm = Annotated[
    float | None, _setting("Maximum norm of the gradient; 0: no clipping.", "0", "0")
]
ConvL2 = Annotated[
    float | None, _setting("Weight of the convolutions' half squared norm in the loss.", "0", "0")
]
Ema = Annotated[
    float | None, _setting("Decay of the weights' moving average; 0: no average.", "0", "0")
]
Validation = Annotated[
    float | None,
    _setting("Share of windows held out by group to select an epoch; 0: keep the last.", "0", "0"),
]
Patience = Annotated[
    int | None,
    _setting("Epochs without improvement before training stops; 0: no early stopping.", "0", "0"),
]
PeoplePerBatch = Annotated[
    int | None,
    _training(
        "Number of people in a batch, whose statistics normalise their windows, also in use.",
        default="none",
    ),
]
FeatureDropProb = Annotated[
    float | None,
    _training(
        "Dropout of features as z-scores by person, with --people-per-batch.", default="none"
    ),
]
Causal = Annotated[
    bool,
    _training(
        "Train on what a stream will see: filters run forwards only, and --align takes the windows "
        "before each window."
    ),
]
Calibration = Annotated[
    str | None,
    _training(
        "temperature: calibrate probabilities on held-out people; adapted: also those of adapted "
        "models.",
        default="none",
    ),
]
ClassWeight = Annotated[
    str | None, _training("balanced: give rare labels more weight.", default="none")
]
Precision = Annotated[str, _training("float32, or mixed precision with bfloat16 or float16.")]
Compile = Annotated[bool, _training("Compile the model; worthwhile for long trainings.")]
CheckpointFolder = Annotated[
    str | None,
    _training("Folder of checkpoints from which an interrupted command resumes.", default="none"),
]
CheckpointEvery = Annotated[
    int | None,
    _training("Number of steps after which a checkpoint is written too.", default="after epochs"),
]
Device = Annotated[str, _training("Device: cpu, cuda, or auto for a GPU if there is one.")]
Devices = Annotated[
    int, _training("Number of processes, each with a GPU or a share of the CPU cores.")
]
Verbose = Annotated[
    int, _training("0: no progress bar; 2: also print the preprocessing as MNE code.")
]


def crop_length(given: str | None) -> int | str | None:
    """Return the value of --crop-length as `EEGClassifier` takes it."""
    return int(given) if given is not None and given.isdigit() else given


def augment(given: list[str] | None) -> tuple[str, ...] | None:
    """Return the values of --augment as `EEGClassifier` takes them; "none" is an empty tuple."""
    from eegzoo.cli.option_values import split

    if given is None:
        return None
    names = tuple(split("--augment", given))
    if "none" in names and len(names) > 1:
        raise ValueError(f"expected --augment to be none or names, got {','.join(names)}")
    return () if names == ("none",) else names
