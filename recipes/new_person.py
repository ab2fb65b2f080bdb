"""Train models that adapt to a new person without labels.

    python recipes/new_person.py --data ../shared/data/eegmat --model tangent_net
    python recipes/new_person.py --data ../shared/data/ssvep_exo --model ssvep_front

The windows are those of `eegmat.py` and `ssvep_exo.py`. People are left out in turn, and
classified as `EEGClassifier.predict` does, with their own statistics, and after
`EEGClassifier.adapt`, with labels that the classifier gave itself as well. Both are transductive:
the windows that are scored are those that adapt, without their labels. Then a model is trained on
all people and saved.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import eegmat
import ssvep_exo
import torch
import typer
from person_metrics import caution, metrics_of, results
from protocol import Recipe, save, settings_of, subjects_of

from eegzoo.data import EpochsDataset
from eegzoo.reproduction.protocols.fixed_features import FIXED_FEATURES, prepared, with_head
from eegzoo.reproduction.protocols.new_person import calibration_of, number_of_folds
from eegzoo.training import EEGClassifier
from eegzoo.weights.catalogue import SHIPPED

SETS = {"eegmat": eegmat, "ssvep_exo": ssvep_exo}
# A person has 30 windows in eegmat, a session 32 in ssvep_exo.
MODELS = {
    "eegmat": settings_of(
        "tangent_net.eegmat",
        "tangent_net_two_heads.eegmat",
        "shallow_convnet.eegmat_person",
        "eegnet.eegmat_person",
    ),
    "ssvep_exo": settings_of(
        "ssvep_front.ssvep_exo", "shallow_convnet.ssvep_exo_person", "eegnet.ssvep_exo_person"
    ),
}
USE = (
    "; windows of one new person at a time, whose statistics the model takes: two at least, better "
)
USE += "all, and with all states among them (EEGClassifier.adapt)"
NOT_FOR = {
    "eegmat": ". The figures say how well two recordings of a person are told apart, and are no "
    "reading of effort",
    "ssvep_exo": "",
}


def recipe_of(name: str) -> Recipe:
    """Return the recipe of a data set."""
    plain = SETS[name].RECIPE
    return dataclasses.replace(
        plain, path="recipes/new_person.py", models=MODELS[name],
        intended_use=plain.intended_use + USE, not_for=plain.not_for + NOT_FOR[name],
    )  # fmt: skip


def trained_on_all(recipe: Recipe, dataset: EpochsDataset, model: str, seed: int) -> EEGClassifier:
    """Return a classifier that is trained on all people.

    If the features are fixed, the head is trained on them, and takes its place in the model.
    """
    whole = recipe.classifier(model, seed)
    if model not in FIXED_FEATURES:
        return whole.fit(dataset)
    windows, classifier = prepared(dataset, model, recipe.models[model])
    classifier.set_params(random_state=seed)
    classifier.fit(windows.X, windows.y, groups=windows.people)
    # A few passes set the statistics that stand in for those of a person.
    return with_head(whole.set_params(max_epochs=3).fit(dataset), classifier)


def main(
    data: Annotated[Path, typer.Option(help="Folder of the recordings, named as the data set.")],
    model: Annotated[str, typer.Option(help="Model, such as tangent_net or ssvep_front.")],
    out: Annotated[
        Path | None, typer.Option(help="File to write. Default: the shipped file.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights and batches.")] = 0,
    found: Annotated[
        Path | None, typer.Option("--results", help="Results so far, which are not repeated.")
    ] = None,
) -> None:
    """Test on people left out, then train on all people and save."""
    torch.set_num_threads(1)  # the order of sums depends on the number of threads
    name = data.name
    recipe, dataset = recipe_of(name), SETS[name].read(data)
    n_folds = number_of_folds(model, len(subjects_of(dataset)))
    rows = results(recipe, dataset, model, seed, n_folds, found)
    recipe = dataclasses.replace(recipe, not_for=recipe.not_for + caution(rows))
    metrics = [*metrics_of(rows, seed), *SETS[name].baselines(dataset)]
    for metric in metrics:
        low, high = metric.interval
        typer.echo(f"{metric.value:.3f} [{low:.3f}, {high:.3f}]  {metric.protocol}")
    # Networks of these names exist without adaptation as well.
    tag = name if model in FIXED_FEATURES else f"{name}_person"
    path = out or SHIPPED / f"{model}.{tag}.safetensors"
    classifier = trained_on_all(recipe, dataset, model, seed)
    classifier.calibrations_ = {
        "as_is": calibration_of(rows, "aligned"), "adapted": calibration_of(rows, "adapted"),
    }  # fmt: skip
    save(recipe, classifier, metrics, seed, path)


if __name__ == "__main__":
    typer.run(main)
