"""Command ``eegzoo evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eegzoo.cli import matching, results, sources
from eegzoo.cli.trained import Model, find_trained, fold_for


def evaluate(
    model: Model,
    data: sources.Data = None,
    subjects: sources.Subjects = None,
    runs: sources.Runs = None,
    raw: sources.Raw = None,
    event_id: sources.EventId = None,
    seed: Annotated[int, typer.Option(help="Seed of the simulated recording.")] = 0,
    missing: matching.Missing = "raise",
    resample: matching.Resample = False,
    check_signal: matching.CheckSignal = "raise",
    json: Annotated[Path | None, typer.Option(help="JSON file for the results.")] = None,
) -> None:
    """Evaluate a trained model on labelled recordings, preprocessed as in training.

    The name of a family of folds selects a fold that was not trained on the subjects. A warning
    on standard error names subjects that the model was trained on.

    For example:

    [bold]eegzoo evaluate eegnet.physionet_mi2 --data eegbci --subjects 1 --runs 4,8,12[/]

    [bold]eegzoo evaluate model.safetensors --data eegbci --subjects 2 --runs 6,10,14[/]

    [bold]eegzoo evaluate model.safetensors --raw c.edf --event-id left=1,right=2[/]
    """
    from sklearn.metrics import confusion_matrix

    from eegzoo.files import check_writable

    if json is not None:
        check_writable(json)
    trained = find_trained(model)
    dataset = sources.load_windows(
        trained.preprocessing, data, subjects, runs, raw, event_id, seed, check_signal,
        lambda recording: matching.resampled(recording, trained, resample),
    )  # fmt: skip
    dataset = matching.aligned(dataset, trained, missing)
    chosen = fold_for(model, trained, set(dataset.groups("subject").tolist()))
    classifier = chosen.load().set_params(check_signal=check_signal)
    known = [str(label) for label in classifier.classes_]
    unknown = sorted(set(dataset.classes) - set(known))
    if unknown:
        raise ValueError(f"expected only the labels of the model, {known}, got also {unknown}")
    predicted = classifier.predict(dataset)
    accuracy = float((predicted == dataset.labels).mean())
    matrix = confusion_matrix(dataset.labels, predicted, labels=known).tolist()
    results.print_confusion(matrix, known)
    typer.echo(f"accuracy {accuracy:.3f} on {len(dataset)} windows")
    if json is not None:
        results.write_json(
            json,
            {
                "accuracy": accuracy,
                "n_windows": len(dataset),
                "confusion": {"labels": known, "matrix": matrix},
                "model": chosen.name,
            },
        )
