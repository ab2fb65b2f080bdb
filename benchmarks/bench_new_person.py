"""Test models on people whom they were not trained on, with and without adaptation.

    python benchmarks/bench_new_person.py [--data ../shared/data] [--tasks eegmat ...]
        [--models tangent_net ...] [--seeds 5] [--folds 24] [--json new_person.jsonl] [--table]

The models and their settings are those of `recipes/new_person.py`. The results of a model and a
seed are added to a file when they are known. So an interrupted run can be resumed, and several
processes with different tasks or models can write to the same file. The results are printed as a
Markdown tables; `--table` prints them without running anything. The second table has the balanced
accuracy of windows that a classifier was not adapted on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from results_table import markdown
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "recipes"))

import new_person
from person_metrics import made_worse, metrics_of, results

from eegzoo.reproduction.figures.adapted_on_parts import PARTS
from eegzoo.reproduction.protocols.new_person import REGIMES, calibration_error, number_of_folds

COLUMNS = (
    "task", "model", "folds", "seeds", "scored", "accuracy ± 1.96 standard errors over people",
    "each seed", "lowest person", "ECE", "without temperature",
    "sets at .9: coverage (people), size",
)  # fmt: skip
WORDS = {"aligned": "as it is", "adapted": "adapted"}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--tasks", nargs="+", default=list(new_person.SETS))
    parser.add_argument("--models", nargs="+")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folds", type=int, help="parts of the people; default: as the recipe")
    parser.add_argument("--json", type=Path, default=Path("new_person.jsonl"))
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if not options.table:
        for task in options.tasks:
            run(task, options)
    lines = options.json.read_text(encoding="utf-8").splitlines()
    print_table(map(json.loads, lines))


def run(task: str, options: argparse.Namespace) -> None:
    """Test all models of a task."""
    recipe = new_person.recipe_of(task)
    dataset = new_person.SETS[task].read(options.data / task)
    for model in new_person.MODELS[task]:
        if options.models and model not in options.models:
            continue
        n_people = len(set(dataset.groups("subject")))
        n_folds = options.folds or number_of_folds(model, n_people)
        for seed in range(options.seeds):
            rows = results(recipe, dataset, model, seed, n_folds, options.json)
            for metric in metrics_of(rows, seed):
                print(task, model, round(metric.value, 3), metric.protocol, flush=True)


def print_table(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print the results of a file, and the people whom adaptation made worse."""

    def setting(row: Mapping[str, Any]) -> tuple[str, str, int]:
        return str(row["task"]), str(row["model"]), int(row["n_folds"])

    groups = [(key, list(own)) for key, own in groupby(sorted(rows, key=setting), setting)]
    print(f"{markdown(COLUMNS)}\n|{'---|' * len(COLUMNS)}")
    for key, own in groups:
        for line in lines_of(key, own):
            print(markdown(line))
    print(
        f"\n{markdown(('task', 'model', 'folds', 'seeds', *PARTS))}\n|{'---|' * (4 + len(PARTS))}"
    )
    for key, own in groups:
        if cells := cells_of_parts(own):
            print(markdown([*key, len({row["seed"] for row in own}), *cells]))
    for key, own in groups:
        print(f"\n{' '.join(map(str, key))}: {'; '.join(worse(own)) or 'nobody is worse'}")


def lines_of(key: Sequence[object], rows: Sequence[Mapping[str, Any]]) -> Iterator[list[object]]:
    """Yield the cells of a line of the table for each regime."""
    seeds = sorted({row["seed"] for row in rows})
    people = sorted({row["person"] for row in rows})
    for regime in REGIMES:
        accuracy = accuracies(rows, regime, people, seeds)
        by_person = np.nanmean(accuracy, axis=0)
        half = 1.96 * stats.sem(by_person)
        scores = [row["scores"][regime] for row in rows]
        right, plain, confidence = (
            np.concatenate([score[name] for score in scores])
            for name in ("right", "plain_confidence", "confidence")
        )
        errors = [calibration_error(given, right) for given in (confidence, plain)]
        lowest = by_person.argmin()
        yield [
            *key, len(seeds), WORDS[regime], f"{by_person.mean():.3f} ± {half:.3f}",
            ", ".join(f"{value:.3f}" for value in np.nanmean(accuracy, axis=1)),
            f"{by_person[lowest]:.2f} ({people[lowest].rpartition('/')[2]})", f"{errors[0]:.3f}",
            f"{errors[1]:.3f}", sets_of(scores),
        ]  # fmt: skip


def cells_of_parts(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the balanced accuracy after adaptation on each part, over people, and the lowest."""
    cells = []
    for part in PARTS:
        by_person: dict[str, list[float]] = {}
        for row in rows:
            if part in row.get("parts", ()):
                by_person.setdefault(row["person"], []).append(row["parts"][part])
        values = [float(np.mean(each)) for each in by_person.values()]
        half = 1.96 * stats.sem(values) if len(values) > 1 else np.nan
        cells.append(f"{np.mean(values):.3f} ± {half:.3f}, {min(values):.2f}" if values else "")
    return cells if any(cells) else []


def accuracies(
    rows: Sequence[Mapping[str, Any]], regime: str, people: Sequence[str], seeds: Sequence[int]
) -> npt.NDArray[np.float64]:
    """Return the accuracies (n_seeds, n_people); NaN for those not run."""
    found = np.full((len(seeds), len(people)), np.nan)
    for row in rows:
        place = seeds.index(row["seed"]), people.index(row["person"])
        found[place] = np.mean(row["scores"][regime]["right"])
    return found


def sets_of(scores: Sequence[Mapping[str, Any]]) -> str:
    """Return the mean coverage of conformal sets, that of the extreme people, and the mean size."""
    coverage = [score["coverage"] for score in scores]
    size = np.mean([score["set_size"] for score in scores])
    return f"{np.mean(coverage):.3f} ({min(coverage):.2f} to {max(coverage):.2f}), {size:.2f}"


def worse(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield people whom pseudo-labels made worse, and how often nothing was learnt."""
    yield from made_worse(rows)
    stopped = np.mean([bool(row["stepped_back"]) for row in rows])
    yield f"stepped back in {stopped:.0%} of the cases"


if __name__ == "__main__":
    main()
