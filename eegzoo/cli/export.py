"""Command ``eegzoo export``."""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.arguments import positive_int
from eegzoo.cli import results
from eegzoo.cli.sources import seed_option
from eegzoo.cli.trained import Model, find_trained, model_files

if TYPE_CHECKING:
    import torch

    from eegzoo.cli.trained import Trained
    from eegzoo.models.base import EEGModel

# Number of consecutive windows that a model of sequences takes in its ONNX file by default.
SEQUENCE_LENGTH = 20
# Largest difference allowed between the outputs of onnxruntime and torch.
TOLERANCE = 1e-4


def export(
    model: Model,
    out: Annotated[
        Path, typer.Argument(help="ONNX file to write; the metadata go to a JSON file next to it.")
    ],
    n_windows: Annotated[
        int | None,
        typer.Option(
            help="Number of windows in a sequence, for a model that was trained on sequences.",
            show_default=f"{SEQUENCE_LENGTH} for such a model",
        ),
    ] = None,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole",
            help="Include normalisation and crops: microvolts in, probabilities (or numbers) out.",
        ),
    ] = False,
    stream: Annotated[
        bool,
        typer.Option(
            "--stream",
            help="Describe a stream in the JSON file, for eegzoo.online without torch and for "
            "browsers; implies --whole.",
        ),
    ] = False,
    stream_sfreq: Annotated[
        float | None,
        typer.Option(help="Sampling rate of the stream in Hz. Default: that of the windows."),
    ] = None,
    stream_channels: Annotated[
        str | None,
        typer.Option(
            help="Channels of the stream, such as C3,Cz,C4, of which an average reference is "
            "taken. Default: those of the training."
        ),
    ] = None,
    seed: Annotated[int, seed_option("Seed of the windows for the comparison with torch.")] = 0,
) -> None:
    """Export a trained model to ONNX, with its metadata as JSON inside the file and next to it.

    The metadata describe targets, channels, preprocessing and normalisation. The input
    "normalized_windows" (batch, channels, samples) takes preprocessed and normalised windows. The
    output "logits" has one number per label or target; a regressor predicts target_mean +
    target_std * logits. With --whole, the input "microvolts" takes preprocessed windows, and the
    output is "probabilities" or "predictions". The graph is that of
    `eegzoo.optimize_for_inference`: norm constraints and batch normalisations are part of the
    weights. Files are only written if the outputs of onnxruntime and torch agree.

    A model that was trained on sequences takes (batch, --n-windows, channels, samples) and returns
    logits for each window. The number of windows is fixed in the file. Each sequence starts without
    context, so cut long recordings into overlapping sequences, or use eegzoo predict.

    For example:

    [bold]eegzoo export eegnet.physionet_mi2 model.onnx[/]

    With --stream, the JSON file also holds the causal preprocessing as numbers (filters, channels,
    resampling) and the SHA-256 of the ONNX file. `eegzoo.online.OnnxStreamingClassifier` and
    `eegzoo stream model.onnx` run the two files with onnxruntime alone.

    [bold]eegzoo export model.safetensors model.onnx --whole[/]

    [bold]eegzoo export model.safetensors model.onnx --stream --stream-sfreq 500[/]
    """
    from eegzoo.files import written_whole

    beside = out.with_suffix(".json")
    if beside == out:
        raise ValueError(f"expected out to be an ONNX file, got {out}")
    results.check_outputs([out, beside], model_files(model))
    for option, value in (("--stream-sfreq", stream_sfreq), ("--stream-channels", stream_channels)):
        if value is not None and not stream:
            raise ValueError(f"expected {option} with --stream, got {value} without it")
    trained = find_trained(model)
    network, described, is_sequential = _described(trained)
    graph: torch.nn.Module
    described_stream = None
    if whole or stream:
        if n_windows is not None:
            option = "--stream" if stream else "--whole"
            raise ValueError(f"expected --n-windows without {option}, got {n_windows}")
        outside: tuple[str, ...] = ()
        if stream:
            described_stream, outside = _stream(trained, stream_sfreq, stream_channels)
        graph, shape, names = _whole(trained, outside)
    else:
        from eegzoo.models.optimization import optimize_for_inference

        graph, shape = optimize_for_inference(network), _shape(network, n_windows, is_sequential)
        names = "normalized_windows", "logits"
        if is_sequential:
            described["sequence"] = {"n_windows": shape[0], "axis": 1}
    described["input"], described["output"] = names
    content = _as_onnx(graph, shape, names, described)
    difference = _difference(graph if whole or stream else network, shape, names[0], content, seed)
    if not difference <= TOLERANCE:
        raise ValueError(
            f"expected outputs of onnxruntime and torch to agree within {TOLERANCE:g}, got a "
            f"difference of {difference:.1e}; {out} is not written"
        )
    if described_stream is not None:
        # Both files are needed, and must be of one export.
        described["stream"] = described_stream
        described["onnx_sha256"] = hashlib.sha256(content).hexdigest()
    with written_whole(out) as draft:
        draft.write_bytes(content)
        results.write_json(beside, described)
    typer.echo(f"wrote {out} and {beside}; largest difference from torch {difference:.1e}")


def _whole(
    trained: Trained, outside: tuple[str, ...] = ()
) -> tuple[torch.nn.Module, tuple[int, ...], tuple[str, str]]:
    """Return the graph with normalisation and crops, the shape of a window, and names."""
    from eegzoo.cli.whole_model import WholeModel
    from eegzoo.training.targets.targets import Numbers

    model = WholeModel(trained.load(), outside).eval()
    output = "predictions" if isinstance(model.targets, Numbers) else "probabilities"
    kind = {(): "microvolts", ("alignment",): "aligned_windows"}.get(outside, "normalized_windows")
    return model, (model.n_chans, model.n_times), (kind, output)


def _stream(
    trained: Trained, sfreq: float | None, channels: str | None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the description of a stream, and what it computes outside the graph."""
    from eegzoo.online.exported.stream_description import parts_outside, stream_description
    from eegzoo.online.window_classifier import fitted_classifier

    estimator = fitted_classifier(trained.load())
    names = None if channels is None else [name.strip() for name in channels.split(",")]
    described = stream_description(estimator, trained.preprocessing, ch_names=names, sfreq=sfreq)
    return described, parts_outside(estimator)


def _shape(network: EEGModel, n_windows: int | None, is_sequential: bool) -> tuple[int, ...]:
    """Return the shape of one input: a window, or a sequence of windows."""
    window = network.n_chans, network.n_times
    if is_sequential:
        n_windows = SEQUENCE_LENGTH if n_windows is None else n_windows
        return positive_int("--n-windows", n_windows), *window
    if n_windows is not None:
        raise ValueError(
            "expected --n-windows only with a model that was trained on sequences of windows, got "
            f"{n_windows}"
        )
    return window


def _described(trained: Trained) -> tuple[EEGModel, dict[str, Any], bool]:
    """Return the network, its metadata for JSON, and whether it was trained on sequences."""
    from eegzoo import __version__
    from eegzoo.weights.zoo import load_weights

    weights, crops, is_sequential = trained.weights, 1, False
    align: dict[str, Any] = {"align": None, "alignment": None}
    temperature, by_person, adapted = 1.0, False, None
    if weights is not None and not isinstance(weights.source, Path):
        targets: dict[str, Any] = {"classes": list(weights.metadata.labels)}
        network = load_weights(weights)
        normalization: dict[str, Any] = {"how": weights.metadata.normalization}
    else:
        estimator = trained.load()
        network, targets = estimator.model_, estimator.targets_.to_dict()
        normalization, crops = estimator.normalizer_.to_dict(), estimator.settings().n_crops
        is_sequential = estimator.is_sequential_
        for name in align:
            alignment = getattr(estimator, f"{name}_")
            align[name] = None if alignment is None else alignment.to_dict()
        temperature = float(getattr(estimator, "_temperature", 1.0))
        by_person, adaptation = estimator.by_person_, estimator.adaptation_
        adapted = None if adaptation is None else adaptation.in_words()
    described = {
        "name": trained.name,
        "eegzoo": __version__,
        "labels": targets.get("classes"),
        "targets": targets,
        "signal": None if trained.signal is None else trained.signal.to_dict(),
        "preprocessing": trained.preprocessing.to_dict(),
        "mne_code": trained.preprocessing.as_mne_code(),
        # Alignment by person, which comes before the normalisation; "alignment" is that of the one
        # person whom the model is for.
        **align,
        "normalization": normalization,
        # Number that averaged logits are divided by, from a calibration on held-out people.
        "temperature": temperature,
        # Whether batch normalisation has the statistics of each person in use.
        "by_person": by_person,
        "adaptation": adapted,
        # Crops are evenly spaced over a window. Predictions are averaged over them: the logarithms
        # of the probabilities of classes, otherwise the logits.
        "crops": {"n_times": network.n_times, "number": crops},
        "card": None if weights is None else weights.metadata.to_dict(),
    }
    return network, described, is_sequential


def _as_onnx(
    graph: torch.nn.Module,
    shape: tuple[int, ...],
    names: tuple[str, str],
    described: dict[str, Any],
) -> bytes:
    """Return the content of an ONNX file that contains all weights."""
    for package in ("onnx", "onnxscript", "onnxruntime"):
        try:
            importlib.import_module(package)
        except ImportError as error:
            raise ImportError(f"{error}: pip install 'eegzoo[onnx]'") from error
    import torch

    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    with warnings.catch_warnings():
        # torch's warnings about its own parts and about torchvision do not concern our users.
        warnings.simplefilter("ignore")
        exporter.setLevel(logging.ERROR)
        try:
            program = torch.onnx.export(
                graph,
                (torch.zeros(2, *shape),),
                dynamo=True,
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                input_names=[names[0]],
                output_names=[names[1]],
                verbose=False,
            )
        finally:
            exporter.setLevel(level)
    if program is None:
        raise ValueError("expected torch to return a program, got None")
    proto = program.model_proto
    for key, value in described.items():
        prop = proto.metadata_props.add()
        prop.key, prop.value = key, value if isinstance(value, str) else json.dumps(value)
    content: bytes = proto.SerializeToString()
    return content


def _difference(
    network: torch.nn.Module, shape: tuple[int, ...], name: str, content: bytes, seed: int
) -> float:
    """Return the largest difference between the outputs of onnxruntime and torch."""
    import torch

    onnxruntime = importlib.import_module("onnxruntime")
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(seed)
    largest = 0.0
    for batch, scale in [(1, 1.0), (7, 1.0), (7, 20.0)]:  # normalised windows, and microvolts
        x = scale * torch.randn(batch, *shape, generator=generator)
        with torch.inference_mode():
            expected = network(x)
        (found,) = session.run(None, {name: x.numpy()})
        largest = max(largest, float((torch.from_numpy(found) - expected).abs().max()))
    return largest
