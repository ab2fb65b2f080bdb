"""The table of ``eegzoo compare``."""

import csv
import json
import shutil

import mne
import numpy as np
import pytest

from eegzoo import create_model, find_weights, save_model
from eegzoo.data import simulate_motor_imagery
from tests.cli.test_cli import eegzoo

COMMON = ["--max-epochs", 1, "--cv", 2]


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Folder with recordings of three people."""
    folder = tmp_path_factory.mktemp("people")
    for number in range(3):
        raw = simulate_motor_imagery(12, ch_names=("C3", "Cz", "C4"), random_state=number)
        raw.save(folder / f"s{number}_raw.fif", verbose="ERROR")
    return folder


def recordings(n=3):
    return [part for number in range(n) for part in ("--raw", f"s{number}_raw.fif")]


def test_models_have_the_same_folds_and_one_row_each(people):
    done = eegzoo("compare", "--models", "eegnet_4_2,shallow_convnet,eegnet_4_2@plain",
                  *recordings(), *COMMON, "--protocol", "leave-one-subject-out",
                  "--out", "table.json", cwd=people)  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads((people / "table.json").read_text(encoding="utf-8"))
    rows = {row["name"]: row for row in found["models"]}
    models, classical = list(rows)[:3], list(rows)[3:]
    assert models == ["eegnet_4_2", "shallow_convnet", "eegnet_4_2@plain"]
    assert classical == ["CSP and LDA", "band power and LDA", "commonest class"]
    assert found["run"]["groups"] == "subject"
    assert found["run"]["cv"] == 3
    first = rows["eegnet_4_2"]
    for name, row in rows.items():
        assert list(row["people"]) == list(first["people"])
        assert row["accuracy"] == pytest.approx(np.mean(list(row["people"].values())))
        if name in models:
            assert row["parameters"] > 100
            assert row["seconds_per_fold"] > 0
        if name != "eegnet_4_2":
            expected = row["accuracy"] - first["accuracy"]
            assert row["difference"]["value"] == pytest.approx(expected)
            assert row["p_holm"] >= row["p_value"]
    assert "36 windows, 3 people, 3 folds of subjects" in done.stdout


def test_the_table_is_csv_and_folds_are_not_repeated(people):
    common = (*recordings(1), *COMMON, "--no-baselines", "--resume", "folds.jsonl")
    done = eegzoo("compare", "--models", "eegnet_4_2,eegnet_4_2@plain", *common,
                  "--out", "table.csv", cwd=people)  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = (people / "folds.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4
    assert "done before" not in done.stdout
    # An interrupted comparison: the last fold was not written.
    (people / "folds.jsonl").write_text("".join(f"{line}\n" for line in lines[:3]), "utf-8")
    again = eegzoo("compare", "--models", "eegnet_4_2,eegnet_4_2@plain", *common,
                   "--out", "again.json", cwd=people)  # fmt: skip
    assert again.stdout.count("done before") == 3
    resumed = (people / "folds.jsonl").read_text(encoding="utf-8").splitlines()
    assert resumed[:3] == lines[:3]
    assert json.loads(resumed[3])["predicted"] == json.loads(lines[3])["predicted"]
    # Other settings are other folds.
    other = eegzoo("compare", "--models", "eegnet_4_2,eegnet_4_2@plain", *common, "--seed", 1,
                   cwd=people)  # fmt: skip
    assert "done before" not in other.stdout
    with (people / "table.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["eegnet_4_2", "eegnet_4_2@plain"]
    assert rows[0]["difference"] == ""
    assert float(rows[1]["low"]) <= float(rows[1]["difference"]) <= float(rows[1]["high"])


def test_trained_weights_and_files_take_part(tmp_path):
    names = ["PO7", "PO3", "POz", "PO4", "PO8", "O1", "Oz", "O2"]
    raw = simulate_motor_imagery(12, random_state=0).pick(slice(8))
    raw.rename_channels(dict(zip(raw.ch_names, names, strict=True)))
    assert isinstance(raw, mne.io.BaseRaw)
    raw.save(tmp_path / "s0_raw.fif", verbose="ERROR")
    shutil.copy(find_weights("eegnet.ssvep_exo").source, tmp_path / "with_card.safetensors")
    sizes = {"n_chans": 8, "n_times": 513, "n_outputs": 2, "sfreq": 128, "ch_names": names}
    save_model(create_model("eegnet_4_2", **sizes), tmp_path / "without.safetensors")
    models = [
        "eegnet", "eegnet.ssvep_exo@linear_probe", "with_card.safetensors@linear_probe",
        "without.safetensors",
    ]  # fmt: skip
    done = eegzoo("compare", "--models", ",".join(models), *recordings(1), *COMMON,
                  "--out", "table.json", cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    rows = {row["name"]: row for row in found["models"]}
    assert list(rows)[: len(models)] == models
    # The file is that of the name.
    assert rows[models[1]]["people"] == rows[models[2]]["people"]


def test_each_person_is_aligned_for_all_methods(people):
    done = eegzoo("compare", "--models", "eegnet_4_2,eegnet_4_2@plain", *recordings(), *COMMON,
                  "--protocol", "leave-one-subject-out", "--align", "euclid", "--out", "a.json",
                  cwd=people)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "each person is aligned (euclid) by their own windows, without labels" in done.stdout
    assert json.loads((people / "a.json").read_text("utf-8"))["run"]["align"] == "euclid"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--models", "eegnet,labram.base", "--align", "zscore"],
            "--align zscore with labram.base",
        ),
        (["--align", "csp"], "expected align to be one of"),
        (["--resume", "none/folds.jsonl"], "no such folder: none"),
        (["--models", "eegnet"], "expected two different models at least"),
        (["--models", "eegnet,eegnet"], "expected two different models at least"),
        (["--models", "eegnet,none.safetensors"], "no such file: none.safetensors"),
        (["--models", "eegnet,egnet"], "unknown model 'egnet'"),
        (["--models", "eegnet,eegnet@fine"], "expected recipe to be one of"),
        (["--out", "table.txt"], "end in .csv or .json"),
        (["--cv", "1"], "expected --cv of at least 2"),
        (["--groups", "person"], "expected --groups to be one of"),
    ],
)
def test_wrong_options_are_refused(tmp_path, arguments, message):
    done = eegzoo("compare", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
