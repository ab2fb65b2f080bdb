"""One run of ``eegzoo train``: cross-validation, results, the saved model and the report."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from eegzoo.cli import crossval, people, report_evidence, results, scores
from eegzoo.cli.crossval_report import cross_validated

if TYPE_CHECKING:
    from eegzoo.data.preprocessing.preprocessing import Preprocessing
    from eegzoo.data.windows.epochs_dataset import EpochsDataset
    from eegzoo.training.classifier import EEGClassifier
    from eegzoo.training.regressor import EEGRegressor


def run(
    estimator: EEGClassifier | EEGRegressor,
    dataset: EpochsDataset,
    preprocessing: Preprocessing,
    settings: dict[str, Any],
    out: Path | None,
    json: Path | None,
    reported: tuple[Path | None, report_evidence.Recordings | None],
    writes: bool,
    event_id: dict[str, list[str]],
) -> None:
    """Cross-validate, print the results and save them if this process writes files."""
    from sklearn.base import clone

    from eegzoo import __version__
    from eegzoo.training.loop.history import epoch_choice

    is_classifier = settings["target"] is None
    settings = {**settings, **people.folds_of(settings["protocol"], dataset)}
    y = dataset.labels if is_classifier else dataset.groups("target")
    of_seeds: list[dict[str, Any]] = []
    report, seen = reported
    kept: list[tuple[Any, Any, Any]] = []
    for seed in range(settings["seed"], settings["seed"] + settings["seeds"]):
        if settings["seeds"] > 1:
            typer.echo(f"seed {seed}:")
        seeded = clone(estimator).set_params(random_state=seed)
        keep = kept if report is not None and not of_seeds else None  # of the first seed
        of_seeds.append(cross_validated(seeded, dataset, y, {**settings, "seed": seed}, keep))
    found: dict[str, Any] = of_seeds[0]
    if settings["seeds"] > 1:
        found = {"seeds": of_seeds, "mean_over_seeds": scores.print_seeds(of_seeds)}
    groups = settings["groups"]
    if json is not None and writes:
        used = dataclasses.asdict(estimator.settings())
        split = (
            "shuffled windows; blocks and windows that overlap are kept together"
            if groups is None
            else f"folds that keep each {groups} together"
        )
        results.write_json(
            json,
            {
                **found,
                "n_windows": len(dataset), "n_chans": len(dataset.info.ch_names),
                "classes": list(dataset.classes) if is_classifier else None,
                "run": {
                    **settings, "model": estimator.model, "recipe": estimator.recipe, **used,
                    "align": estimator.align,
                    "people_per_batch": estimator.people_per_batch,
                    "feature_drop_prob": estimator.feature_drop_prob,
                    "calibration": getattr(estimator, "calibration", None),
                    "augment": [str(item) for item in used["augment"]],
                    "class_weight": getattr(estimator, "class_weight", None),
                    "precision": estimator.precision, "preprocessing": preprocessing.to_dict(),
                    "version": __version__,
                    "split": f"stratified, {split}" if is_classifier else split,
                    "n_windows": len(dataset),
                },
            },
        )  # fmt: skip
    fitted = None
    if out is not None:
        fitted = crossval.fit(estimator, dataset, y, "all windows")
        if writes:
            fitted.save(out, preprocessing, event_id=event_id)
        chosen = epoch_choice(fitted.history_, fitted.best_epoch_)
        typer.echo(f"saved {out}; weights of epoch {chosen}")
    if report is not None and seen is not None and writes:
        name = (
            estimator.model if isinstance(estimator.model, str) else type(estimator.model).__name__
        )
        evidence = report_evidence.of_folds(
            dataset, y, kept, name, seen, preprocessing, settings["target"], fitted
        )
        report_evidence.write(report, evidence)
