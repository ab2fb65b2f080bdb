"""A network in an ONNX file, with what a stream computes around it in a JSON file."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.by_person.fitted_alignment import FittedAlignment
from eegzoo.data.preprocessing.by_person.person_alignment import PersonAlignment
from eegzoo.data.preprocessing.normalization import Normalizer, normalizer_from_dict
from eegzoo.online.plausible_amplitude import PlausibleAmplitude
from eegzoo.online.running_person import RunningPerson
from eegzoo.online.running_signal.signal_buffer import RunningWindow
from eegzoo.online.running_signal.window_operators import window_operator_of

Array = npt.NDArray[np.float64]

_FORMAT = 1
_MICROVOLTS = 1e6
_INSTALL = "exported models require onnxruntime: pip install onnxruntime"


class ExportedModel:
    """Exported network, and the description of a stream beside it.

    Parameters
    ----------
    path : path-like
        ONNX file that ``eegzoo export --stream`` wrote, with the JSON file of the same name
        beside it.

    Attributes
    ----------
    stream : dict
        Description of the stream.
    labels : array, shape (n_classes,)
        Labels, in the order of the probabilities.

    Raises
    ------
    FileNotFoundError
        If one of the files is missing.
    ImportError
        If onnxruntime is not installed.
    ValueError
        If the files were not written together, or not for a stream.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        content, described = _contents(self.path)
        self.stream: dict[str, Any] = described["stream"]
        self.labels = np.asarray(self.stream["labels"])
        self._session = _session(content)
        self._input, self._output = described["input"], described["output"]

    def probabilities(self, windows: npt.NDArray[np.float32]) -> Any:
        """Return the probabilities, (n_windows, n_classes), of what the network takes."""
        return self._session.run([self._output], {self._input: windows})[0]


class ExportedWindowClassifier:
    """Classifier of the windows of a running signal, without torch.

    Parameters
    ----------
    model : ExportedModel
        Network, and what is computed around it.
    """

    def __init__(self, model: ExportedModel) -> None:
        stream = model.stream
        self._model = model
        self._operators = [window_operator_of(each) for each in stream["after_windows"]]
        rate = float(stream["signal"]["sfreq"])
        self._amplitude: PlausibleAmplitude | None = None
        if stream["check_amplitude"]:
            self._amplitude = PlausibleAmplitude(
                stream["amplitude"], stream["signal"]["ch_names"], rate
            )
        self._person: RunningPerson | None = None
        if stream["align"] is not None:
            self._person = RunningPerson(PersonAlignment.from_dict(stream["align"]), rate)
        self._alignment: FittedAlignment | None = None
        if stream["alignment"] is not None:
            self._alignment = FittedAlignment.from_dict(stream["alignment"])
        self._normalizer: Normalizer | None = None
        if stream["normalization"] is not None:
            self._normalizer = normalizer_from_dict(stream["normalization"])

    def __call__(self, window: RunningWindow) -> tuple[str | None, Any]:
        """Return a reason to abstain and None, or None and the probabilities, (n_classes,)."""
        if window.fault is not None:
            return window.fault, None
        data = window.data
        for operator in self._operators:
            data = operator(data)
        data = data * _MICROVOLTS
        reason = None if self._amplitude is None else self._amplitude.reason(data)
        if reason is None and self._person is not None:
            self._person.add(window.start, data)
            reason = self._person.reason
        return reason, None if reason else self._probabilities(data)

    def _probabilities(self, data: Array) -> Any:
        if self._person is not None:
            data = self._person.transform(data)
        windows: Any = data[None]
        if self._alignment is not None:
            windows = self._alignment.transform(windows)
        if self._normalizer is not None:
            windows = self._normalizer.transform(windows)
        return self._model.probabilities(np.asarray(windows, np.float32))[0]


def _contents(path: Path) -> tuple[bytes, dict[str, Any]]:
    """Return the content of an ONNX file and of the JSON file beside it, if they fit."""
    beside = path.with_suffix(".json")
    for each in (path, beside):
        if not each.is_file():
            raise FileNotFoundError(f"no such file: {each}")
    if path == beside:
        raise ValueError(f"expected an ONNX file, got {path}")
    try:
        described = json.loads(beside.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"expected JSON in {beside}: {error}") from error
    if not isinstance(described, dict) or not described.get("stream"):
        raise ValueError(
            f"expected {beside} to describe a stream, as eegzoo export --stream writes it, got none"
        )
    if described["stream"].get("format") != _FORMAT:
        raise ValueError(
            f"expected a stream in format {_FORMAT}, got {described['stream'].get('format')!r} in "
            f"{beside}"
        )
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if described.get("onnx_sha256") != found:
        raise ValueError(
            f"expected {path} and {beside} of one export, but the SHA-256 of the ONNX file, "
            f"{found[:12]}…, is not {str(described.get('onnx_sha256'))[:12]}…"
        )
    return content, described


def _session(content: bytes) -> Any:
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError as error:
        raise ImportError(_INSTALL) from error
    options = onnxruntime.SessionOptions()
    # More threads only wait for each other over a single window.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
