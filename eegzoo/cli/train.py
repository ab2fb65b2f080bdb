"""``eegzoo train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli import matching, results, sources

if TYPE_CHECKING:
    from eegzoo.data import EpochsDataset
    from eegzoo.training import EEGClassifier


def train(
    data: sources.Data = None,
    subjects: sources.Subjects = None,
    runs: sources.Runs = None,
    raw: sources.Raw = None,
    event_id: sources.EventId = None,
    model: Annotated[str, typer.Option(help="Name of a model: eegzoo list.")] = "eegnet",
    cv: Annotated[int, typer.Option(help="Folds of the cross-validation over windows.")] = 5,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the windows. Default: enough for 250 batches.")
    ] = None,
    lr: Annotated[float, typer.Option(help="Learning rate at the start.")] = 1e-2,
    batch_size: Annotated[int, typer.Option(help="About how many windows a batch holds.")] = 16,
    normalize: Annotated[
        str, typer.Option(help="whiten, standardize, window, exponential, none.")
    ] = "whiten",
    tmin: Annotated[float, typer.Option(help="Start of a window, seconds from its event.")] = 0.0,
    tmax: Annotated[float, typer.Option(help="End of a window, seconds from its event.")] = 4.0,
    l_freq: Annotated[float, typer.Option(help="Lower edge of the band-pass, Hz.")] = 4.0,
    h_freq: Annotated[float, typer.Option(help="Upper edge of the band-pass, Hz.")] = 38.0,
    check_signal: matching.CheckSignal = "raise",
    seed: Annotated[int, typer.Option(help="Of folds, initial weights, crops, simulation.")] = 0,
    device: Annotated[str, typer.Option(help="Where to compute: cpu, cuda.")] = "cpu",
    out: Annotated[Path | None, typer.Option(help="Save a model trained on all windows.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the results as JSON.")] = None,
) -> None:
    """Train a model, cross-validate it, save it.

    Without data, on a simulated recording of imagined movements.

    For example:

    [bold]eegzoo train[/]

    [bold]eegzoo train --data eegbci --subjects 1 --runs 6,10,14 --out model.safetensors[/]

    [bold]eegzoo train --raw a.edf --raw b.edf --event-id left=1,right=2 --tmax 3[/]
    """
    import numpy as np

    from eegzoo import __version__
    from eegzoo.data import Epoch, Filter, Preprocessing
    from eegzoo.files import check_writable
    from eegzoo.models import find_entry
    from eegzoo.training import EEGClassifier

    find_entry(model)
    for path in (out, json):
        if path is not None:
            check_writable(path)
    if cv < 2:
        raise ValueError(f"expected --cv of at least 2, got {cv}")
    preprocessing = Preprocessing([Filter(l_freq, h_freq), Epoch(tmin, tmax)])
    classifier = EEGClassifier(
        model, max_epochs=epochs, lr=lr, batch_size=batch_size, normalize=normalize,
        check_signal=check_signal, device=device, random_state=seed,
    )  # fmt: skip
    classifier.check_parameters()
    dataset = sources.load_windows(
        preprocessing, data, subjects, runs, raw, event_id, seed, check_signal
    )
    check_enough(dataset, cv)
    typer.echo(f"{model} on {dataset!r}")
    scores, predicted = cross_validate(classifier, dataset, cv, seed)
    matrix = confusion(dataset, predicted)
    results.print_confusion(matrix, dataset.classes)
    typer.echo(
        f"mean accuracy {np.mean(scores):.3f} over {cv} folds of windows "
        f"(std {np.std(scores):.3f}; always the commonest label: {commonest(dataset):.3f})"
    )
    if json is not None:
        options = {
            "data": data or ("simulated" if not raw else None), "subjects": subjects, "runs": runs,
            "raw": [str(path) for path in raw or []], "model": model, "cv": cv, "seed": seed,
            "epochs": epochs, "lr": lr, "batch_size": batch_size, "normalize": normalize,
            "preprocessing": preprocessing.to_dict(), "version": __version__,
            "split": "stratified folds over shuffled windows", "n_windows": len(dataset),
        }  # fmt: skip
        results.write_json(
            json,
            {
                "folds": scores,
                "mean": float(np.mean(scores)),
                "std": float(np.std(scores)),
                "confusion": {"labels": list(dataset.classes), "matrix": matrix},
                "run": options,
            },
        )
    if out is not None:
        fit(classifier, dataset, "all windows").save(out, preprocessing)
        typer.echo(f"saved {out}")


def check_enough(dataset: EpochsDataset, cv: int) -> None:
    """Raise unless there are two labels, each with a window for every fold."""
    import numpy as np

    counts = dict(zip(dataset.classes, np.bincount(dataset.y).tolist(), strict=True))
    if len(counts) < 2:
        raise ValueError(f"expected at least two labels, got only {dataset.classes[0]!r}")
    rarest = min(counts, key=counts.__getitem__)
    if counts[rarest] < cv:
        raise ValueError(
            f"expected at least {cv} windows of each label for {cv} folds, "
            f"got {counts[rarest]} of {rarest!r}"
        )


def cross_validate(
    classifier: EEGClassifier, dataset: EpochsDataset, cv: int, seed: int
) -> tuple[list[float], Any]:
    """Return the accuracy of each fold, and each window's label as predicted in its fold."""
    from sklearn.model_selection import StratifiedKFold

    folds = StratifiedKFold(cv, shuffle=True, random_state=seed).split(dataset.X, dataset.y)
    scores, predicted = [], dataset.labels.copy()
    for number, (training, test) in enumerate(folds, start=1):
        fitted = fit(classifier, dataset.subset(training), f"fold {number} of {cv}")
        predicted[test] = fitted.predict(dataset.subset(test))
        scores.append(float((predicted[test] == dataset.labels[test]).mean()))
        typer.echo(f"fold {number}: accuracy {scores[-1]:.3f} on {len(test)} windows")
    return scores, predicted


def fit(classifier: EEGClassifier, dataset: EpochsDataset, label: str) -> EEGClassifier:
    """Fit a copy of a classifier under a progress bar."""
    from sklearn.base import clone

    from eegzoo.training.progress import Progress

    fitted: EEGClassifier = clone(classifier).set_params(callbacks=[Progress(label)])
    return fitted.fit(dataset)


def confusion(dataset: EpochsDataset, predicted: Any) -> list[list[int]]:
    """Return how often each label (row) was taken for each (column)."""
    from sklearn.metrics import confusion_matrix

    matrix: list[list[int]] = confusion_matrix(
        dataset.labels, predicted, labels=list(dataset.classes)
    ).tolist()
    return matrix


def commonest(dataset: EpochsDataset) -> float:
    """Return the share of the commonest label."""
    import numpy as np

    return float(np.bincount(dataset.y).max() / len(dataset))
