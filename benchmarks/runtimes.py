"""Runtimes that compute a model: torch in three ways, ONNX Runtime in two, OpenVINO."""

from __future__ import annotations

import io
import logging
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import eegzoo

Run = Callable[[Tensor], object]


def eager(model: eegzoo.EEGModel) -> Run:
    """Return the model itself."""
    return model


def compiled(model: eegzoo.EEGModel) -> Run:
    """Return the model compiled by torch, which needs a C++ compiler."""
    return torch.compile(model)


def optimized(model: eegzoo.EEGModel) -> Run:
    """Return the model for inference alone."""
    return eegzoo.optimize_for_inference(model)


def as_onnx(model: eegzoo.EEGModel) -> bytes:
    """Return the optimized model as an ONNX file, for batches of any size."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    fast = eegzoo.optimize_for_inference(model)
    x = torch.randn(2, model.n_chans, model.n_times)
    batch = torch.export.Dim("batch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            fast, (x,), dynamo=True, verbose=False, input_names=["x"], dynamic_shapes=({0: batch},)
        )
    file = io.BytesIO()
    program.save(file)
    return file.getvalue()


def onnx_runtime(model: eegzoo.EEGModel) -> Run:
    """Return an onnxruntime session on the CPU."""
    return _session(as_onnx(model))


def onnx_int8(model: eegzoo.EEGModel) -> Run:
    """Return a session with 8-bit weights and activations, calibrated on random windows."""
    from onnxruntime.quantization import CalibrationDataReader, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Windows(CalibrationDataReader):
        def __init__(self) -> None:
            generator = torch.Generator().manual_seed(0)
            shape = (16, model.n_chans, model.n_times)
            self.batches = [torch.randn(shape, generator=generator).numpy() for _ in range(4)]

        def get_next(self) -> dict[str, np.ndarray] | None:
            return {"x": self.batches.pop()} if self.batches else None

    with tempfile.TemporaryDirectory() as folder:
        plain, prepared, small = (Path(folder, name) for name in ("a.onnx", "b.onnx", "c.onnx"))
        plain.write_bytes(as_onnx(model))
        quant_pre_process(plain, prepared, skip_symbolic_shape=True)
        quantize_static(prepared, small, Windows())
        return _session(small.read_bytes())


def _session(content: bytes) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return lambda x: torch.from_numpy(session.run(None, {"x": x.numpy()})[0])


def openvino(model: eegzoo.EEGModel) -> Run:
    """Return the model compiled by OpenVINO for the CPU, in float32."""
    import openvino

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        path.write_bytes(as_onnx(model))
        settings = {
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "INFERENCE_PRECISION_HINT": "f32",
        }
        network = openvino.Core().compile_model(openvino.Core().read_model(path), "CPU", settings)
    return lambda x: torch.from_numpy(next(iter(network(x.numpy()).values())))


RUNTIMES: dict[str, Callable[[eegzoo.EEGModel], Run]] = {
    "eager": eager,
    "compiled": compiled,
    "optimized": optimized,
    "ONNX Runtime": onnx_runtime,
    "ONNX int8": onnx_int8,
    "OpenVINO": openvino,
}


def largest_difference(run: Run, model: eegzoo.EEGModel) -> float:
    """Return the largest difference from the model's outputs, relative to the largest output."""
    x = torch.randn(4, model.n_chans, model.n_times, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected, found = model(x), run(x)
    return float((found - expected).abs().max() / expected.abs().max())
