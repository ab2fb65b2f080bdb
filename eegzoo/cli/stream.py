"""Command ``eegzoo stream``."""

from __future__ import annotations

import contextlib
import csv
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli import evaluate_sleep, reading_options, results
from eegzoo.cli.trained import Model, find_trained, model_files

if TYPE_CHECKING:
    from eegzoo.online.decision import Decision
    from eegzoo.online.decision_stream import DecisionStream
    from eegzoo.online.sources.source import Source

# Time between two looks at a source without new samples.
_PAUSE_SECONDS = 0.005


def stream(
    model: Model,
    lsl: Annotated[str | None, typer.Option(help="Name of an LSL stream.")] = None,
    brainflow: Annotated[
        str | None, typer.Option(help="Name of a board of BrainFlow, such as cyton.")
    ] = None,
    play: Annotated[Path | None, typer.Option(help="Recording to play.")] = None,
    board_option: Annotated[
        list[str] | None,
        typer.Option(help="Parameter of the board, such as serial_port=/dev/ttyUSB0."),
    ] = None,
    ch_names: Annotated[
        str | None,
        typer.Option(help="Electrodes at the board's channels, such as C3,Cz,C4."),
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="Unit of an LSL stream that declares none, such as uV.")
    ] = None,
    speed: Annotated[
        float, typer.Option(help="Speed at which a recording is played; inf: at once.")
    ] = 1.0,
    step_seconds: Annotated[float, typer.Option(help="Seconds between decisions.", min=0.0)] = 0.25,
    seconds: Annotated[
        float | None, typer.Option(help="Seconds after which to stop. Default: never.", min=0.0)
    ] = None,
    adapt: Annotated[
        bool,
        typer.Option(
            "--adapt",
            help="Align the person by the windows so far, with a model that aligns each person.",
        ),
    ] = False,
    publish: Annotated[
        str | None, typer.Option(help="Name of an LSL stream of the decisions.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file of the decisions.")] = None,
) -> None:
    """Classify a running signal, from an amplifier or a recording that is played.

    The preprocessing of the training is applied as the samples arrive. Decisions are shown on one
    line, which changes. Ctrl-C ends the stream. With --out, each decision is a row: time, label,
    the probability of each label, and, if there is no decision, the reason. A model that
    `eegzoo export --stream` wrote runs with onnxruntime, without torch.

    For example:

    [bold]eegzoo stream model.safetensors --lsl amplifier --out decisions.csv[/]

    [bold]eegzoo stream model.safetensors --play recording.edf --speed inf[/]

    [bold]eegzoo stream model.onnx --lsl amplifier[/]
    """
    given = {"--lsl": lsl, "--brainflow": brainflow, "--play": play}
    chosen = [name for name, value in given.items() if value is not None]
    if len(chosen) != 1:
        raise ValueError(
            f"expected one of {', '.join(given)}, got {' and '.join(chosen) or 'none'}"
        )
    for name, value, owner in (
        ("--board-option", board_option, "--brainflow"), ("--ch-names", ch_names, "--brainflow"),
        ("--unit", unit, "--lsl"),
    ):  # fmt: skip
        if value is not None and chosen != [owner]:
            raise ValueError(f"expected {name} with {owner}, got it with {chosen[0]}")
    results.check_outputs([out], [*([play] if play else []), *model_files(model)])
    start = _classifier(model, step_seconds, "running" if adapt else None)
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(
            _source(lsl, brainflow, play, board_option, ch_names, unit, speed)
        )
        running = start(source)
        for difference in running.differences:
            typer.echo(f"differs from offline: {difference}", err=True)
        typer.echo(
            f"{len(source.ch_names)} channels at {source.sfreq:g} Hz; a decision every "
            f"{step_seconds:g} s, {1e3 * running.delay_seconds:.0f} ms after its window",
            err=True,
        )
        takers = [stack.enter_context(_table(out, running.classes_.tolist()))] if out else []
        if publish is not None:
            from eegzoo.online.sources.lsl import DecisionOutlet

            outlet = DecisionOutlet(publish, running.classes_.tolist(), step_seconds)
            takers.append(stack.enter_context(outlet).push)
        takers.append(stack.enter_context(_live_line()))
        _run(source, running, takers, seconds)


def _classifier(
    model: str, step_seconds: float, adapt: str | None
) -> Callable[[Source], DecisionStream]:
    """Return a function from a source to a classifier of its signal."""
    if Path(model).suffix == ".onnx":
        from eegzoo.online.exported.onnx_streaming_classifier import OnnxStreamingClassifier

        return lambda source: OnnxStreamingClassifier(
            model, ch_names=source.ch_names, sfreq=source.sfreq, step_seconds=step_seconds,
            adapt=adapt, max_jitter_seconds=source.max_jitter_seconds,
        )  # fmt: skip
    import torch

    from eegzoo.online.streaming_classifier import StreamingClassifier

    evaluate_sleep.refuse_stager(model, "eegzoo.sleep.SleepStream does that in Python")
    torch.set_num_threads(1)  # more only wait for each other over a single window
    classifier = find_trained(model).load()
    return lambda source: StreamingClassifier(
        classifier, ch_names=source.ch_names, sfreq=source.sfreq, step_seconds=step_seconds,
        adapt=adapt, ch_types=source.ch_types, max_jitter_seconds=source.max_jitter_seconds,
    )  # fmt: skip


def _run(source: Source, running: DecisionStream, takers: list[Any], seconds: float | None) -> None:
    """Read, classify and hand on decisions until the source or the time ends."""
    started, heard = time.monotonic(), time.monotonic()
    is_silent = False
    try:
        while seconds is None or time.monotonic() - started < seconds:
            chunk = source.read()
            if chunk is None:
                break
            if chunk.n_samples == 0:
                if not is_silent and time.monotonic() - heard > 1.0:
                    is_silent = True
                    typer.echo("no samples for 1 s", err=True)
                time.sleep(_PAUSE_SECONDS)
                continue
            heard, is_silent = time.monotonic(), False
            for decision in running.push(chunk.data, chunk.times):
                for take in takers:
                    take(decision)
    finally:
        latency = running.latency
        if latency.n_decisions:
            typer.echo(str(latency), err=True)
        if running.n_lost or running.n_repeated:
            typer.echo(
                f"{running.n_lost} samples were lost, {running.n_repeated} came twice", err=True
            )


def _source(
    lsl: str | None,
    brainflow: str | None,
    play: Path | None,
    board_option: list[str] | None,
    ch_names: str | None,
    unit: str | None,
    speed: float,
) -> Source:
    if lsl is not None:
        from eegzoo.online.sources.lsl import LSLSource

        return LSLSource(lsl, unit=unit)
    if brainflow is not None:
        from eegzoo.online.sources.brainflow import BrainFlowSource

        options = dict(each.partition("=")[::2] for each in board_option or ())
        if "" in options:
            raise ValueError(f"expected --board-option NAME=VALUE, got {board_option}")
        names = None if ch_names is None else [name.strip() for name in ch_names.split(",")]
        return BrainFlowSource(brainflow, ch_names=names, **options)
    from eegzoo.online.sources.playback import Playback

    if play is None:
        raise ValueError("expected a recording to play, got none")
    return Playback(reading_options.reader(None, "raise")(play), speed=speed)


@contextlib.contextmanager
def _table(path: Path, classes: list[Any]) -> Iterator[Any]:
    """Return a function that writes a row for each decision at once, so that none is lost."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["time", "label", *(f"p_{label}" for label in classes), "reason"])

        def write(decision: Decision) -> None:
            shares = [""] * len(classes)
            if decision.probabilities is not None:
                shares = [f"{share:.6f}" for share in decision.probabilities]
            writer.writerow(
                [f"{decision.time:.3f}", decision.label, *shares, decision.reason or ""]
            )
            file.flush()

        yield write


@contextlib.contextmanager
def _live_line() -> Iterator[Any]:
    """Return a function that shows the last decision on one line."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(console=Console(stderr=True), refresh_per_second=10, transient=False) as live:

        def show(decision: Decision) -> None:
            what = decision.reason
            if decision.probabilities is not None:
                what = f"{decision.probabilities.max():.2f}"
            live.update(Text(f"{decision.time:9.2f} s  {decision.label}  {what}"))

        yield show
