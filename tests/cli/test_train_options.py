"""Options of ``eegzoo train``: each shows its default and reaches the training."""

import functools
import inspect
import json
import re

import numpy as np
import pytest
import typer

from eegzoo.cli import app, settings
from eegzoo.data import simulate_motor_imagery
from eegzoo.training import RECIPES, EEGClassifier
from eegzoo.training.recipe import SETTINGS
from tests.cli.test_cli import eegzoo, eegzoo_process

COMMAND = typer.main.get_command(app).commands["train"]
OPTIONS = {option.name: option for option in COMMAND.params if option.name != "help"}
RENAMED = {"random_state": "seed"}
# Arguments of the classifier without an option, and the reason.
WITHOUT = {
    "model_params": "arguments of a model are set in Python",
    "sfreq": "recordings have a sampling rate",
    "layer_decay": "the command line trains new weights",
    "sampler": "samplers are Python objects, and the recipe has one",
    "callbacks": "callbacks are Python objects",
    "optimizer": "optimizers are Python classes",
    "criterion": "losses are Python classes",
    "lr_scheduler": "schedulers are Python classes",
    "pseudo_labels": "options of a step of adapt are a Python object",
    "options": "arguments of these classes",
}
FAST = ("--cv", "2", "--max-epochs", "1", "--verbose", "0")
SIMULATE = "eegzoo.data.datasets.simulated.simulate_motor_imagery"


@pytest.fixture
def _few_trials(monkeypatch):
    """Simulate 40 trials in place of 200."""
    monkeypatch.setattr(SIMULATE, functools.partial(simulate_motor_imagery, 40))


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_has_a_help_text_and_shows_its_default(name):
    option = OPTIONS[name]
    assert option.help
    assert option.show_default
    if option.default is None:
        assert isinstance(option.show_default, str)


@pytest.mark.parametrize("width", ["80", "200"])
def test_help_shows_all_options(tmp_path, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", width)
    shown = eegzoo("train", "--help", cwd=tmp_path)
    assert shown.returncode == 0
    for option in OPTIONS.values():
        assert option.opts[0] in shown.stdout
    assert shown.stdout.count("[default:") == len(OPTIONS)


@pytest.mark.parametrize("setting", [name for name in SETTINGS if name not in WITHOUT])
def test_defaults_shown_are_those_of_the_recipes(setting):
    shown = OPTIONS[RENAMED.get(setting, setting)].show_default
    values = [getattr(RECIPES[name], setting) for name in ("small", "plain")]
    if setting == "max_epochs":
        words = [
            "enough for 250 batches, 20 to 100" if value is None else f"{value}" for value in values
        ]
    elif setting == "augment":
        words = [",".join(map(str, value)) or "none" for value in values]
    else:
        words = [value if isinstance(value, str) else f"{value:g}" for value in values]
    expected = words[0] if words[0] == words[1] else f"{words[0]}; plain: {words[1]}"
    assert shown == expected


@pytest.mark.usefixtures("_few_trials")
def test_early_stopping_says_which_epoch_the_weights_are_from(tmp_path):
    options = ("--cv", "2", "--max-epochs", "3", "--verbose", "0", "--out", "m.safetensors")
    done = eegzoo("train", *options, "--validation", "0.25", "--patience", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    choice = r"[123] of [123], by the smallest validation loss"
    assert re.search(f"^epoch of each fold: ({choice}; )?{choice}$", done.stdout, re.MULTILINE)
    assert re.search(f"^saved m.safetensors; weights of epoch {choice}$", done.stdout, re.MULTILINE)
    plain = eegzoo("train", *FAST, cwd=tmp_path)
    assert "the last, without validation" in plain.stdout


def test_every_argument_of_the_classifier_is_an_option():
    arguments = set(inspect.signature(EEGClassifier).parameters) - set(WITHOUT)
    assert {RENAMED.get(name, name) for name in arguments} <= set(OPTIONS)


@pytest.mark.usefixtures("_few_trials")
def test_options_reach_the_classifier_and_the_results(tmp_path):
    options = {
        "recipe": "plain", "normalize": "window", "crop-length": "200", "n-crops": 3,
        "batch-size": 20, "lr": 0.02, "warmup": 0.1, "weight-decay": 0.01, "clip-norm": 1.0,
        "ema": 0.9, "validation": 0.25, "patience": 2, "class-weight": "balanced",
        "precision": "bfloat16", "augment": "time_shift,mixup",
    }  # fmt: skip
    given = [str(part) for name, value in options.items() for part in (f"--{name}", value)]
    done = eegzoo("train", *FAST, *given, "--json", "run.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    run = json.loads((tmp_path / "run.json").read_text())["run"]
    for name, value in options.items():
        if name == "augment":
            assert run["augment"] == ["time_shift", "mixup"]
        else:
            assert str(run[name.replace("-", "_")]) == str(value)
    assert run["max_epochs"] == 1


@pytest.mark.parametrize(
    ("given", "taken"),
    [(None, None), (["none"], ()), (["time_shift,mixup"], ("time_shift", "mixup")),
     (["time_shift", "mixup"], ("time_shift", "mixup"))],
)  # fmt: skip
def test_augmentations_accept_commas_and_repetition(given, taken):
    assert settings.augment(given) == taken


@pytest.mark.parametrize(("given", "taken"), [(None, None), ("half", "half"), ("200", 200)])
def test_a_crop_length_is_a_word_or_samples(given, taken):
    assert settings.crop_length(given) == taken


@pytest.mark.usefixtures("_few_trials")
def test_verbose_shows_the_progress_bar(tmp_path):
    for verbose, shows in ((0, False), (1, True)):
        done = eegzoo("train", "--cv", 2, "--max-epochs", 1, "--verbose", verbose, cwd=tmp_path)
        assert ("epoch" in done.stderr) == shows


def test_folds_keep_subjects_apart(tmp_path):
    names = ("C3", "Cz", "C4", "Pz")
    for seed in range(3):
        raw = simulate_motor_imagery(8, ch_names=names, random_state=seed)
        raw.save(tmp_path / f"{seed}_raw.fif", verbose="ERROR")
    raws = [part for seed in range(3) for part in ("--raw", f"{seed}_raw.fif")]
    common = ("train", *raws, "--max-epochs", 1, "--verbose", 0, "--groups", "subject")
    done = eegzoo(*common, "--cv", 3, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "over 3 folds of subjects" in done.stdout
    assert done.stdout.count("on 8 windows") == 3
    few = eegzoo(*common, "--cv", 4, cwd=tmp_path)
    assert few.returncode == 2
    assert "expected at least 4 subjects for 4 folds, got 3" in few.stderr


@pytest.mark.slow
def test_two_processes_print_once_and_write_once(tmp_path):
    pytest.importorskip("accelerate", reason="accelerate is not installed")
    options = ("train", *FAST, "--json", "run.json", "--out", "model.safetensors")
    done = eegzoo_process(*options, "--devices", 2, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("fold 1: accuracy") == done.stdout.count("mean accuracy") == 1
    results = json.loads((tmp_path / "run.json").read_text())
    assert EEGClassifier.load(tmp_path / "model.safetensors").model_.n_outputs == 2
    alone = eegzoo("train", *FAST, "--json", "alone.json", cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    # The trainings differ in dropout only.
    folds = json.loads((tmp_path / "alone.json").read_text())["folds"]
    np.testing.assert_allclose(results["folds"], folds, atol=0.3)


@pytest.mark.usefixtures("_few_trials")
def test_a_second_run_resumes_from_the_checkpoints_of_the_first(tmp_path):
    command = ("train", "--cv", 2, "--max-epochs", 2, "--verbose", 0, "--checkpoint", "half")
    first = eegzoo(*command, cwd=tmp_path)
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "half").iterdir()}
    assert len(files) == 2  # one for each fold
    second = eegzoo(*command, cwd=tmp_path)
    assert second.stdout == first.stdout
    assert {path: path.stat().st_mtime_ns for path in files} == files


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--recipe", "large"),
            "expected recipe to be one of 'small', 'plain', 'tinysleepnet'",
        ),
        (("--augment", "mixap"), "unknown augmentation 'mixap'; did you mean 'mixup'"),
        (("--augment", "none,mixup"), "expected --augment to be none or names"),
        (("--patience", "3"), "expected validation with patience"),
        (("--groups", "person"), "expected --groups to be one of subject, session, recording"),
        (("--crop-length", "third"), "expected crop_length to be one of 'half', 'whole'"),
        (("--class-weight", "equal"), "expected class_weight to be 'balanced'"),
        (("--devices", "0"), "expected devices to be a positive integer"),
        (("--device", "tpu"), "cannot compute on device 'tpu'"),
        (("--precision", "int8"), "expected precision to be one of"),
    ],
)
def test_a_bad_option_is_an_error_of_one_line(tmp_path, options, message):
    done = eegzoo("train", *FAST, *options, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("eegzoo: error: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not np.any([path.is_file() for path in tmp_path.iterdir()])


@pytest.mark.usefixtures("_few_trials")
def test_seeds_repeat_the_cross_validation(tmp_path):
    done = eegzoo("train", *FAST, "--seeds", 2, "--json", "run.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "run.json").read_text())
    alone = eegzoo("train", *FAST, "--json", "alone.json", cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    first = json.loads((tmp_path / "alone.json").read_text())
    assert results["seeds"][0]["folds"] == first["folds"]
    values = [one["statistics"]["accuracy"]["value"] for one in results["seeds"]]
    assert results["mean_over_seeds"]["accuracy"] == np.mean(values)
    assert f"mean accuracy over 2 seeds {np.mean(values):.3f} (std" in done.stdout


def test_files_of_one_person_stay_in_one_fold(tmp_path):
    names = [f"{person}_{run}_raw.fif" for person in "ab" for run in (1, 2)]
    for seed, name in enumerate(names):
        raw = simulate_motor_imagery(4, ch_names=("C3", "C4"), random_state=seed)
        raw.save(tmp_path / name, verbose="ERROR")
    raws = [part for name in names for part in ("--raw", name)]
    common = ("train", *raws, "--max-epochs", 1, "--verbose", 0, "--groups", "subject")
    done = eegzoo(*common, "--subject", "{subject}_*", "--cv", 2, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("on 8 windows of 1 person") == 2
    assert "on 16 windows of 2 people, 95% interval over people" in done.stdout
    few = eegzoo(*common, "--subject", "{subject}_*", "--cv", 3, cwd=tmp_path)
    assert "expected at least 3 subjects for 3 folds, got 2" in few.stderr


@pytest.mark.usefixtures("_few_trials")
def test_causal_training_saves_a_classifier_for_streams(tmp_path):
    done = eegzoo("train", "--causal", *FAST, "--notch", 50, "--out", "m.safetensors", "--json",
                  "found.json", cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "found.json").read_text())["run"]["causal"] is True
    classifier = EEGClassifier.load(tmp_path / "m.safetensors")
    assert classifier.causal
    steps = classifier.preprocessing_.to_dict()["steps"]
    assert [step["method"] for step in steps if "method" in step] == ["forward", "forward"]


def test_causal_training_is_for_classes(tmp_path):
    (tmp_path / "a.edf").touch()
    done = eegzoo("train", "--causal", "--target", "age", "--raw", "a.edf", "--metadata", "a.tsv",
                  cwd=tmp_path)  # fmt: skip
    assert done.returncode == 2
    assert "expected --causal without --target" in done.stderr
