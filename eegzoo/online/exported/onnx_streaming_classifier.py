"""Classifier of a running signal by an exported network, without torch."""

from __future__ import annotations

import os
from collections.abc import Sequence

from eegzoo.arguments import one_of
from eegzoo.data.signal.signal_info import SignalInfo, same_rate, shown_apart
from eegzoo.online.decision_stream import DecisionStream
from eegzoo.online.exported.exported_model import ExportedModel, ExportedWindowClassifier
from eegzoo.online.running_signal.causal_preprocessing import CausalPreprocessing


class OnnxStreamingClassifier(DecisionStream):
    """Classifier of a running signal by an exported network, with onnxruntime alone.

    It computes the decisions of the `StreamingClassifier` that was exported by
    ``eegzoo export MODEL model.onnx --stream``, and imports neither torch nor MNE.

    Parameters
    ----------
    path : path-like
        ONNX file, with the JSON file of the same name beside it.
    ch_names : sequence of str
        Channels of the stream in its order. They are matched by name; others are ignored.
    sfreq : float
        Sampling rate of the stream in Hz. It must be the one of the export.
    step_seconds : float
        Interval between successive decisions in seconds.
    adapt : {"running"} | None
        Required as "running" if the classifier aligns each person, as in `StreamingClassifier`.
    flat_seconds, max_jitter_seconds : float
        As in `StreamingClassifier`.

    Raises
    ------
    FileNotFoundError
        If one of the two files is missing.
    ImportError
        If onnxruntime is not installed.
    ValueError
        If the files do not belong together, a channel is missing, or the rate is another one.

    See Also
    --------
    StreamingClassifier : Classifier of a running signal by a network in torch.

    Examples
    --------
    >>> OnnxStreamingClassifier("absent.onnx", ch_names=["C3", "C4"], sfreq=128.0)
    Traceback (most recent call last):
        ...
    FileNotFoundError: no such file: absent.onnx
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        ch_names: Sequence[str],
        sfreq: float,
        step_seconds: float = 0.25,
        adapt: str | None = None,
        flat_seconds: float = 1.0,
        max_jitter_seconds: float = 0.02,
    ) -> None:
        self.model = ExportedModel(path)
        stream = self.model.stream
        super().__init__(
            self.model.labels, float(stream["window"]["tmin"]), step_seconds=step_seconds,
            flat_seconds=flat_seconds, max_jitter_seconds=max_jitter_seconds,
        )  # fmt: skip
        if adapt is not None:
            one_of("adapt", adapt, ("running",))
        if (adapt is not None) != (stream["align"] is not None):
            how = "that aligns each person" if adapt is None else "that aligns none, or only one"
            raise ValueError(
                "expected adapt='running' with a classifier that aligns each person, and only with "
                f"one, got {adapt!r} and one {how}"
            )
        self._exported = CausalPreprocessing.from_dict(stream["before_windows"])
        self.announce(ch_names, sfreq)

    def _causal_for(
        self, ch_names: Sequence[str], sfreq: float, ch_types: str | Sequence[str]
    ) -> CausalPreprocessing:
        stream = self.model.stream
        if not same_rate(stream["sfreq"], sfreq):
            wanted, found = shown_apart(stream["sfreq"], sfreq)
            raise ValueError(
                f"expected a stream at {wanted} Hz, for which {self.model.path.name} was exported, "
                f"got {found} Hz; export it again with --stream-sfreq {found}"
            )
        known = SignalInfo(stream["ch_names"], 1.0, 1, ch_types=stream["ch_types"])
        return self._exported.reordered(known.order_of(ch_names), len(ch_names))

    def _aligns_otherwise(self) -> bool:
        return self.model.stream["align"] is not None and not self.model.stream["causal"]

    def _length_at(self, sfreq: float) -> int:
        return int(self.model.stream["window"]["n_times"])

    def _window_classifier(self) -> ExportedWindowClassifier:
        return ExportedWindowClassifier(self.model)
