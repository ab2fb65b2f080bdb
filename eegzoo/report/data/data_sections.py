"""Sections of a report: the windows that the result is of."""

from __future__ import annotations

import numpy as np

from eegzoo.report.data.amplitudes import (
    plot_amplitudes,
    plot_spectra,
    robust_amplitudes,
    signal_before,
    some_windows,
    spectra,
)
from eegzoo.report.data.leakage import leakage_of_folds
from eegzoo.report.data.trials import counts_of, plot_counts, plot_targets
from eegzoo.report.names import printable, without_folders
from eegzoo.report.sections import Array, Code, Evidence, Item, Picture, Section, Table, Text

_SHOWN_UNITS = {"uV": "µV", "mV/m2": "mV/m²"}


def overview(evidence: Evidence) -> list[Item]:
    """Return what the windows are, and those of each subject and recording."""
    dataset, info = evidence.dataset, evidence.dataset.info
    seconds = info.n_times / info.sfreq
    unit = _SHOWN_UNITS.get(info.unit, info.unit)
    text = (
        f"{len(dataset)} windows of {_counted(len(info.ch_names), 'channel')} and "
        f"{seconds:.4g} s, from {info.tmin:.4g} s on, at {info.sfreq:.6g} Hz, in {unit}."
    )
    items: list[Item] = [Text(text)]
    for column in ("subject", "recording"):
        if column in dataset.metadata:
            names, counts = np.unique(dataset.metadata[column].astype(str), return_counts=True)
            if len(names) > 1:
                shown = without_folders(names.tolist())
                rows = [[shown[str(n)], str(k)] for n, k in zip(names, counts, strict=True)]
                items.append(Table((column, "windows"), rows, f"Windows of each {column}."))
    return items


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def trials(evidence: Evidence) -> list[Item]:
    """Return the windows that are kept and left out, and the balance of the targets."""
    left_out = {printable(reason): n for reason, n in evidence.left_out.items()}
    items: list[Item] = []
    if evidence.kind == "numbers":
        true = evidence.true.reshape(len(evidence.true), -1)
        names = evidence.classes or ("target",) * true.shape[1]
        for place, name in enumerate(names):
            figure = plot_targets(true[:, place], name, evidence.unit)
            items.append(Picture(figure, "Numbers to predict."))
        counts = {"windows": len(evidence.dataset)}
    else:
        counts = counts_of(evidence.true, evidence.classes)
    if evidence.kind != "numbers" or left_out:
        said = "Windows of each class"
        if left_out:
            said += ", and those left out by reason"
        items.append(
            Picture(
                plot_counts(counts, left_out=left_out, n_windows=len(evidence.dataset)), f"{said}."
            )
        )
    return items


def channels(evidence: Evidence) -> list[Item]:
    """Return amplitudes and spectra of the channels before and after preprocessing."""
    info = evidence.dataset.info
    unit = _SHOWN_UNITS.get(info.unit, info.unit)
    X = some_windows(evidence.dataset.X)
    after = robust_amplitudes(X)
    amplitudes: dict[str, Array] = {"windows": after}
    before = _before(evidence)
    rows_before = [""] * len(after)
    spectra_before: list[Item] = []
    if before is not None and evidence.raw is not None:
        places, signal = before
        known = np.full(len(after), np.nan)
        known[places] = robust_amplitudes(signal)
        amplitudes = {"recording, before preprocessing": known, "windows, after it": after}
        rows_before = ["" if np.isnan(value) else f"{value:.3g}" for value in known]
        frequencies, powers = spectra(signal, float(evidence.raw.info["sfreq"]))
        names = [info.ch_names[place] for place in places]
        figure = plot_spectra(frequencies, powers, names, "before preprocessing")
        said = "The recording before preprocessing (the first, if there are several)."
        spectra_before = [Picture(figure, said)]
    density = (
        "1/Hz" if info.unit == "normalized" else f"({unit})²/Hz" if "/" in unit else f"{unit}²/Hz"
    )
    frequencies, powers = spectra(X, info.sfreq)
    title = "windows, after preprocessing" if spectra_before else "windows of the model"
    figure = plot_spectra(frequencies, powers, info.ch_names, title, density)
    rows = [
        [printable(name), kind, unit, earlier, f"{value:.3g}"]
        for name, kind, earlier, value in zip(
            info.ch_names, info.types, rows_before, after, strict=True
        )
    ]
    header = ("channel", "type", "unit", "amplitude before", "amplitude after")
    return [
        Picture(
            plot_amplitudes(amplitudes, info.ch_names, unit),
            "Robust amplitude of each channel: the standard deviation without artefacts.",
        ),
        *spectra_before,
        Picture(figure, "The windows as the model gets them, before its normalisation."),
        Table(header, rows, f"Channels and their robust amplitudes in {unit}."),
    ]


def _before(evidence: Evidence) -> tuple[list[int], Array] | None:
    """Return the channels that the recording has, by their places, and their signal."""
    if evidence.raw is None or evidence.dataset.info.unit != "uV":
        return None
    names, known = evidence.dataset.info.ch_names, evidence.raw.ch_names
    try:
        own = [known[place] for place in evidence.dataset.info.order_of(known)]
        places = list(range(len(names)))
    except ValueError:  # some were interpolated, or are made by the preprocessing
        places = [place for place, name in enumerate(names) if name in known]
        own = [names[place] for place in places]
    return (places, signal_before(evidence.raw, own)) if places else None


def leakage(evidence: Evidence) -> list[Item]:
    """Return what training and test share in each fold."""
    if not evidence.folds:
        return []
    if not {"recording", "onset"} <= evidence.dataset.metadata.keys():
        return [
            Text(
                "Whether windows of training and test overlap is not known: the windows have no "
                "recordings and onsets.",
                is_warning=True,
            )
        ]
    found = leakage_of_folds(evidence.dataset, evidence.folds)
    kinds = list(found[0].n_shared)
    rows = [
        [
            str(number), str(fold.n_training), str(fold.n_test),
            *(str(fold.n_shared[kind]) for kind in kinds),
            "none" if fold.problem is None else _public(fold.problem, evidence),
        ]
        for number, fold in enumerate(found, start=1)
    ]  # fmt: skip
    header = (
        "fold",
        "training windows",
        "test windows",
        *(f"{k}s in both" for k in kinds),
        "leaks",
    )
    within = any(fold.n_shared.get("subject", 0) for fold in found)
    text = (
        "The same subjects are in training and test: the score is one within subjects, and says "
        "nothing about new people."
        if within
        else "No subject is in both training and test: the score is one of new people."
    )
    if "subject" not in kinds:
        text = "The subjects of the windows are not known."
    problems = [fold.problem for fold in found if fold.problem is not None]
    caption = "Windows that overlap, share a block or are copies of each other leak."
    return [
        Text(text),
        *([Text("Training windows leak into the test.", is_warning=True)] if problems else []),
        Table(header, rows, caption),
    ]


def _public(problem: str, evidence: Evidence) -> str:
    """Return a message without the folders of recordings."""
    for column in ("recording", "session", "subject"):
        known = evidence.dataset.metadata.get(column)
        if known is not None:
            shown = without_folders(known.astype(str).tolist())
            for name in sorted(shown, key=len, reverse=True):
                problem = problem.replace(name, shown[name])
    return printable(problem)


def preprocessing(evidence: Evidence) -> list[Item]:
    """Return the preprocessing as MNE code."""
    if evidence.preprocessing is None:
        return []
    code = evidence.preprocessing.as_mne_code()
    return [Code(code, "From a recording to the windows of the model, with MNE.")]


SECTIONS = (
    Section("Data", "Windows", overview),
    Section("Data", "Trials kept and left out", trials),
    Section("Data", "Channels", channels),
    Section("Data", "Leakage between training and test", leakage),
    Section("Data", "Preprocessing", preprocessing),
)
