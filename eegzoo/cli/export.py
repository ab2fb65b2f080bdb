"""``eegzoo export``."""

from __future__ import annotations

import importlib
import json
import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli import results
from eegzoo.cli.trained import Model, find_trained

if TYPE_CHECKING:
    import torch

    from eegzoo.cli.trained import Trained
    from eegzoo.models.base import EEGModel

# What onnxruntime's outputs may differ by from torch's.
TOLERANCE = 1e-4


def export(
    model: Model,
    out: Annotated[Path, typer.Argument(help="ONNX file to write; a JSON file goes beside it.")],
    seed: Annotated[int, typer.Option(help="Of the windows that both are compared on.")] = 0,
) -> None:
    """Write a trained model as ONNX, with what it takes as JSON inside and beside it.

    Its input "windows" (batch, channels, samples) holds windows that are preprocessed and
    normalised as the JSON says, its output "logits" a number for each label. Norm constraints are
    baked into the weights, but for those of a model's own, which the graph computes. Nothing is
    written unless onnxruntime computes what torch does.

    For example:

    [bold]eegzoo export eegnet.physionet_mi2 model.onnx[/]

    [bold]eegzoo export model.safetensors model.onnx[/]
    """
    from eegzoo.files import check_writable, written_whole

    beside = out.with_suffix(".json")
    if beside == out:
        raise ValueError(f"expected a name other than of a JSON file, which goes beside, got {out}")
    for path in (out, beside):
        check_writable(path)
    trained = find_trained(model)
    network, described = _described(trained)
    content = _as_onnx(network, described)
    difference = _difference(network, content, seed)
    if not difference <= TOLERANCE:
        raise ValueError(
            f"expected onnxruntime to compute what torch does within {TOLERANCE:g}, got a "
            f"difference of {difference:.1e}: {out} is not written"
        )
    with written_whole(out) as draft:
        draft.write_bytes(content)
        results.write_json(beside, described)
    typer.echo(f"wrote {out} and {beside}; largest difference from torch {difference:.1e}")


def _described(trained: Trained) -> tuple[EEGModel, dict[str, Any]]:
    """Return the network, and what its user must know, as what JSON can hold."""
    from eegzoo import __version__
    from eegzoo.weights.zoo import load_weights

    weights, crops = trained.weights, 1
    if weights is not None and not isinstance(weights.source, Path):
        labels: list[Any] = list(weights.metadata.labels)
        network = load_weights(weights)
        normalization: dict[str, Any] = {"how": weights.metadata.normalization}
    else:
        classifier = trained.load()
        network, labels = classifier.model_, classifier.classes_.tolist()
        normalization, crops = classifier.normalizer_.to_dict(), classifier.settings().n_crops
    described = {
        "name": trained.name,
        "eegzoo": __version__,
        "labels": labels,
        "signal": None if trained.signal is None else trained.signal.to_dict(),
        "preprocessing": trained.preprocessing.to_dict(),
        "mne_code": trained.preprocessing.as_mne_code(),
        "normalization": normalization,
        # Evenly spaced over a window, their log-probabilities averaged.
        "crops": {"n_times": network.n_times, "number": crops},
        "card": None if weights is None else weights.metadata.to_dict(),
    }
    return network, described


def _as_onnx(network: EEGModel, described: dict[str, Any]) -> bytes:
    """Return an ONNX file, all weights in it."""
    for package in ("onnx", "onnxscript", "onnxruntime"):
        try:
            importlib.import_module(package)
        except ImportError as error:
            raise ImportError(f"{error}: pip install 'eegzoo[onnx]'") from error
    import torch

    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    with warnings.catch_warnings():
        # What torch has to say of its own parts, and of torchvision, is not for our users.
        warnings.simplefilter("ignore")
        exporter.setLevel(logging.ERROR)
        try:
            program = torch.onnx.export(
                _baked(network),
                (torch.zeros(2, network.n_chans, network.n_times),),
                dynamo=True,
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                input_names=["windows"],
                output_names=["logits"],
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


def _baked(network: EEGModel) -> torch.nn.Module:
    from eegzoo.layers.constrained.bake import bake

    try:
        return bake(network).eval()
    except TypeError:  # a constraint of the model's own: it is computed in the graph
        return network.eval()


def _difference(network: EEGModel, content: bytes, seed: int) -> float:
    """Return the largest difference between onnxruntime's outputs and torch's."""
    import torch

    onnxruntime = importlib.import_module("onnxruntime")
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(seed)
    largest = 0.0
    for batch, scale in [(1, 1.0), (7, 1.0), (7, 20.0)]:  # normalised windows, and microvolts
        x = scale * torch.randn(batch, network.n_chans, network.n_times, generator=generator)
        with torch.inference_mode():
            expected = network(x)
        (found,) = session.run(None, {"windows": x.numpy()})
        largest = max(largest, float((torch.from_numpy(found) - expected).abs().max()))
    return largest
