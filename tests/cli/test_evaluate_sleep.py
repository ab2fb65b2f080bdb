"""``eegzoo evaluate`` of nights: a model against a scorer, and two scorers against each other."""

import importlib
import itertools
import json

import mne
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score

from eegzoo.data import Epoch, EpochsDataset, Preprocessing, Recording, simulate_night
from eegzoo.training import EEGClassifier
from tests.cli.test_cli import eegzoo
from tests.shared_data import SHARED, needs
from tests.sleep.band_stager import BandStager, planted

CUT = Preprocessing([Epoch(0, seconds=30)])
DREAMS = SHARED / "data" / "dreams_spindles" / "dreams_excerpts.npz"
CODES = dict(zip((5, 4, 3, 2, 1, 0), ("W", "REM", "S1", "S2", "S3", "S4"), strict=True))
STAGES = ["W", "N1", "N2", "N3", "R"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with two nights, their scorings every 30 s and in bouts of 20 s, and a model."""
    folder = tmp_path_factory.mktemp("nights")
    raws = [simulate_night(0.3, ch_names=("Cz",), sfreq=64, random_state=seed) for seed in (3, 4)]
    for number, raw in enumerate(raws):
        raw.set_meas_date(1_600_000_000)
        stages = raw.annotations.description.tolist()
        (folder / f"{number}.txt").write_text("\n".join(stages))
        raw.copy().set_annotations(None).save(folder / f"{number}_raw.fif", verbose="ERROR")
    onset = raws[0].annotations.onset
    rows = [f"{20 * k + 10},20,{stages[k % len(stages)]}" for k in range(53)]
    (folder / "coarse.csv").write_text("\n".join(["onset,duration,stage", *rows]))
    assert len(onset) == 36
    dataset = EpochsDataset.from_recordings(
        [Recording(raw, f"S{number}") for number, raw in enumerate(raws)], CUT
    )
    classifier = EEGClassifier(
        "tinysleepnet", recipe="tinysleepnet", max_epochs=8, lr=3e-3, validation=0.0, patience=0,
        model_params={"n_filters": 8, "hidden_size": 8, "drop_prob": 0.0}, random_state=0,
        device="cpu",
    ).fit(dataset)  # fmt: skip
    classifier.save(folder / "sleep.safetensors", CUT)
    return folder


def evaluate(folder, *arguments):
    done = eegzoo("evaluate", *arguments, "--json", "found.json", cwd=folder)
    found = None
    if done.returncode == 0:
        found = json.loads((folder / "found.json").read_text())
    return done, found


def test_a_model_is_scored_night_by_night_and_pooled(folder):
    nights = [
        part for k in (0, 1) for part in ("--raw", f"{k}_raw.fif", "--annotations", f"{k}.txt")
    ]
    done, found = evaluate(folder, "sleep.safetensors", *nights)
    assert done.returncode == 0, done.stderr
    classifier = EEGClassifier.load(folder / "sleep.safetensors")
    true, predicted = [], []
    for k in (0, 1):
        raw = mne.io.read_raw_fif(folder / f"{k}_raw.fif", verbose="ERROR")
        stages = (folder / f"{k}.txt").read_text().split()
        _, probabilities = classifier.predict_recording(raw)
        mine = classifier.classes_[probabilities.argmax(axis=1)].tolist()
        night = found["windows"]["nights"][f"{k}_raw.fif"]
        assert night["accuracy"] == pytest.approx(accuracy_score(stages, mine))
        assert night["n_windows"] == 36
        true, predicted = true + stages, predicted + mine
    pooled = found["windows"]["pooled"]
    assert pooled["kappa"] == pytest.approx(cohen_kappa_score(true, predicted))
    assert pooled["macro_f1"] == pytest.approx(f1_score(true, predicted, average="macro"))
    assert np.sum(pooled["confusion"]["matrix"]) == 72
    assert found["windows"]["intervals"]["accuracy"][0] <= pooled["accuracy"]
    assert "windows_of_one_stage" not in found  # the scorer's epochs are the windows
    assert "0_raw.fif: scored in epochs of 30 s from 0 s on" in done.stdout
    assert f"kappa {pooled['kappa']:.3f}" in done.stdout
    assert "72 windows of 2 nights" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines()]
    for name, agreed in [*found["windows"]["nights"].items(), ("all", pooled)]:
        shown = next(row for row in rows if row[:1] == [name])
        assert shown[1:4] == [
            f"{agreed['n_windows']}", f"{agreed['accuracy']:.3f}", f"{agreed['kappa']:.3f}"
        ]  # fmt: skip


def test_windows_of_one_stage_and_mixed_ones_are_apart(folder):
    night = ("--raw", "0_raw.fif", "--annotations", "coarse.csv")
    done, found = evaluate(folder, "sleep.safetensors", *night)
    assert done.returncode == 0, done.stderr
    assert found["scorers_epochs"]["0_raw.fif"] == {"epoch_seconds": 20.0, "offset_seconds": 10.0}
    counts = [
        found[part]["pooled"]["n_windows"] for part in ("windows_of_one_stage", "mixed_windows")
    ]
    assert sum(counts) == found["windows"]["pooled"]["n_windows"] == 36
    assert min(counts) > 0
    assert found["centred_on_scorers_epochs"]["pooled"]["n_windows"] == 53


def test_the_annotations_of_a_recording_are_its_scoring(folder):
    raw = mne.io.read_raw_fif(folder / "0_raw.fif", verbose="ERROR")
    bouts = mne.Annotations([0, 300, 600], [300, 300, 60], ["Sleep stage W", "2", "Movement time"])
    raw.set_annotations(bouts).save(folder / "scored_raw.fif", verbose="ERROR", overwrite=True)
    done, found = evaluate(folder, "sleep.safetensors", "--raw", "scored_raw.fif")
    assert done.returncode == 0, done.stderr
    pooled = found["windows"]["pooled"]
    assert (pooled["n_windows"], pooled["n_unscored"]) == (20, 16)
    assert np.sum(pooled["confusion"]["matrix"], axis=1).tolist() == [10, 0, 10, 0, 0]


def test_a_stager_by_name_chooses_its_derivations(tmp_path, monkeypatch):
    # The package's name load_stager is the function, not the module.
    module = importlib.import_module("eegzoo.sleep.stagers.load_stager")
    monkeypatch.setattr(module, "load_stager", lambda name: BandStager())
    stages = np.random.default_rng(0).choice(STAGES, 40)
    for night in (0, 1):
        signals = planted(stages, n_chans=2, seed=night)
        signals[:, : 64 * 90] = 0  # a flat beginning is not staged
        raw = mne.io.RawArray(
            signals, mne.create_info(["C4-M1", "ECG"], 64.0, "eeg"), verbose=False
        )
        raw.save(tmp_path / f"{night}_raw.fif", verbose="ERROR")
        (tmp_path / f"{night}.txt").write_text("\n".join(stages))
    nights = [p for k in (0, 1) for p in ("--raw", f"{k}_raw.fif", "--annotations", f"{k}.txt")]
    done, found = evaluate(tmp_path, "usleep.any", *nights, "--channels", "C4-M1")
    assert done.returncode == 0, done.stderr
    pooled = found["windows"]["pooled"]
    assert (pooled["n_windows"], pooled["n_unscored"], pooled["kappa"]) == (74, 6, 1.0)
    assert list(found["windows"]["nights"]) == ["0_raw.fif", "1_raw.fif"]


def test_a_model_is_trained_on_nights_scored_by_rechtschaffen_and_kales(tmp_path):
    old = {"W": "W", "N1": "1", "N2": "2", "N3": "4", "R": "R"}
    nights = []
    for k in (0, 1, 3, 4):
        raw = simulate_night(0.5, ch_names=("Cz",), sfreq=64, random_state=k)
        stages = [old[name] for name in raw.annotations.description]
        bouts = [(key, len(list(group))) for key, group in itertools.groupby(stages)]
        starts = np.cumsum([0, *(n for _, n in bouts)])
        rows = [f"{30 * s},{30 * n},{key}" for s, (key, n) in zip(starts, bouts, strict=False)]
        (tmp_path / f"{k}.csv").write_text("\n".join(["onset,duration,stage", *rows]))
        raw.set_annotations(None).save(tmp_path / f"{k}_raw.fif", verbose="ERROR")
        nights += ["--raw", f"{k}_raw.fif", "--annotations", f"{k}.csv"]
    options = "--model tinysleepnet --recipe tinysleepnet --stages --l-freq none --h-freq none"
    short = "--max-epochs 1 --validation 0 --patience 0 --cv 2 --groups recording --verbose 0"
    trained = eegzoo(
        "train", *nights, *options.split(), *short.split(), "--out", "m.safetensors",
        "--json", "trained.json", cwd=tmp_path,
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr
    stored = json.loads((tmp_path / "trained.json").read_text())
    assert sorted(stored["classes"]) == sorted(STAGES)
    assert stored["n_windows"] == 240
    done, found = evaluate(tmp_path, "m.safetensors", *nights)
    assert done.returncode == 0, done.stderr
    assert found["windows"]["pooled"]["n_windows"] == 240
    assert found["epoch"] == "1 of 1, the last, without validation"


@pytest.mark.slow
@needs(DREAMS)
@needs(SHARED / "weights")
def test_dreams_is_scored_on_its_own_grid(tmp_path, monkeypatch):
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(SHARED / "weights"))
    nights = []
    with np.load(DREAMS) as data:
        for k in range(1, 9):
            info = mne.create_info([str(data[f"ch_{k}"])], float(data[f"fs_{k}"]), "eeg")
            volts = 1e-6 * float(data["scale_uv"]) * data[f"eeg_{k}"][None]
            mne.io.RawArray(volts, info, verbose=False).save(tmp_path / f"{k}_raw.fif", verbose=40)
            rows = [f"{5 * i},5,{CODES[int(c)]}" for i, c in enumerate(data[f"hyp5s_{k}"])]
            (tmp_path / f"{k}.csv").write_text("\n".join(["onset,duration,stage", *rows]))
            nights += ["--raw", f"{k}_raw.fif", "--annotations", f"{k}.csv"]
    done, found = evaluate(tmp_path, "robustsleepnet.mesa", *nights)
    assert done.returncode == 0, done.stderr
    assert {name: grid["offset_seconds"] for name, grid in found["scorers_epochs"].items()} == {
        f"{k}_raw.fif": 10.0 if k == 8 else 0.0 for k in range(1, 9)
    }
    parts = ["windows", "windows_of_one_stage", "mixed_windows", "centred_on_scorers_epochs"]
    assert [found[part]["pooled"]["n_windows"] for part in parts] == [480, 340, 140, 719]
    accuracy = [found[part]["pooled"]["accuracy"] for part in parts]
    # .777 of all windows in the published rebuild of this network.
    assert accuracy[0] == pytest.approx(0.777, abs=0.02)
    assert accuracy[1] > 0.86 > accuracy[0] > accuracy[2]


@pytest.mark.parametrize("with_raw", [True, False])
def test_two_scorings_are_compared(folder, with_raw):
    stages = (folder / "0.txt").read_text().split()
    second = [*stages[:30], *["?"] * 2, *["W"] * 4]
    (folder / "second.txt").write_text("\n".join(second))
    raw = ("--raw", "0_raw.fif") if with_raw else ()
    done, found = evaluate(folder, "--annotations", "0.txt", "--against", "second.txt", *raw)
    assert done.returncode == 0, done.stderr
    pooled = found["epochs"]["pooled"]
    scored = [k for k in range(36) if second[k] != "?"]
    one, other = [stages[k] for k in scored], [second[k] for k in scored]
    assert pooled["n_windows"] == 34
    assert pooled["accuracy"] == pytest.approx(accuracy_score(one, other))
    assert pooled["kappa"] == pytest.approx(cohen_kappa_score(one, other))


def test_lengths_that_differ_are_said(folder):
    stages = (folder / "0.txt").read_text().split()
    (folder / "short.txt").write_text("\n".join(stages[:20]))
    done, found = evaluate(folder, "--annotations", "0.txt", "--against", "short.txt")
    assert "0.txt: the scorings are of different lengths, 0 to 1080 s and 0 to 600" in done.stderr
    assert found["epochs"]["pooled"]["n_windows"] == 20
    night = ("--raw", "0_raw.fif", "--annotations", "short.txt")
    done, found = evaluate(folder, "sleep.safetensors", *night)
    assert "20 stages of 30 s in short.txt are 600 s, and the recording is 1080 s" in done.stderr
    assert found["windows"]["pooled"]["n_unscored"] == 16


def test_a_recording_of_two_scorings_is_read_with_the_options_of_reading(folder):
    scorings = ("--annotations", "0.txt", "--against", "1.txt")
    done, _ = evaluate(folder, *scorings, "--raw", "0_raw.fif", "--truncated", "perhaps")
    assert done.returncode == 2
    assert "'perhaps'" in done.stderr


def test_nights_of_which_no_window_is_scored_are_an_error(folder):
    (folder / "none.txt").write_text("\n".join(["?"] * 36))
    night = ("--raw", "0_raw.fif", "--annotations", "none.txt")
    done, _ = evaluate(folder, "sleep.safetensors", *night)
    assert done.returncode == 2
    assert "expected windows of 30 s that both score, got none" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "expected a MODEL, or --against for two scorings"),
        (("sleep.safetensors", "--annotations", "0.txt", "--against", "1.txt"), "got both"),
        (("--against", "1.txt"), "expected one --annotations for each of 1 --against, got 0"),
        (
            (
                "sleep.safetensors",
                "--raw",
                "0_raw.fif",
                "--raw",
                "1_raw.fif",
                "--annotations",
                "0.txt",
            ),
            "expected one --annotations for each of 2 --raw, got 1",
        ),
        (("sleep.safetensors", "--raw", "0_raw.fif"), "expected sleep stages in 0_raw.fif"),
        (
            ("sleep.safetensors", "--raw", "0_raw.fif", "--subject", "S1"),
            "expected nights for sleep.safetensors, which takes no --subject",
        ),
        (("robustsleepnet",), "expected nights with --raw for robustsleepnet, got none"),
        (
            ("robustsleepnet", "--raw", "0_raw.fif", "--exclude", "C3", "--scale", "2"),
            "expected nights for robustsleepnet, which takes no --exclude, --scale",
        ),
        (
            ("robustsleepnet", "--raw", "0_raw.fif", "--adapt", "--align", "euclid", "--resample"),
            "expected nights for robustsleepnet, which takes no --align, --adapt, --resample",
        ),
        (
            ("robustsleepnet", "--raw", "0_raw.fif", "--calibrate", "5", "--bads", "drop"),
            "expected nights for robustsleepnet, which takes no --calibrate, --bads",
        ),
        (
            ("sleep.safetensors", "--raw", "0_raw.fif", "--metadata", "0.txt"),
            "expected --target",
        ),
        (
            ("sleep.safetensors", "--raw", "0_raw.fif", "--runs", "3", "--stim-mask", "0xFF"),
            "expected nights for sleep.safetensors, which takes no --runs, --stim-mask",
        ),
        (
            ("--annotations", "0.txt", "--against", "1.txt", "--channels", "Cz", "--adapt"),
            "expected nights for --against, which takes no --adapt, --channels",
        ),
        (
            ("sleep.safetensors", "--data", "simulated", "--epoch-seconds", "20"),
            "expected --epoch-seconds with nights",
        ),
    ],
)
def test_options_that_do_not_fit_are_refused(folder, arguments, message):
    done = eegzoo("evaluate", *arguments, cwd=folder)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())


@pytest.mark.parametrize("name", ["robustsleepnet", "robustsleepnet.mesa", "seqsleepnet.physioex"])
@pytest.mark.parametrize(
    ("verb", "instead"),
    [
        (("report", "{}", "--raw", "n.edf", "--out", "r.html"), "eegzoo stage NIGHT --model {}"),
        (("predict", "{}", "n.edf"), "eegzoo stage n.edf --model {}"),
        (("stream", "{}", "--play", "n.edf"), "eegzoo.sleep.SleepStream"),
    ],
    ids=["report", "predict", "stream"],
)
def test_verbs_for_windows_name_those_for_nights(tmp_path, name, verb, instead):
    (tmp_path / "n.edf").touch()
    done = eegzoo(*(part.format(name) for part in verb), cwd=tmp_path)
    assert done.returncode == 2
    assert f"got {name}, which stages whole nights" in done.stderr
    assert instead.format(name) in done.stderr


def test_misspelt_network_of_sleep_gets_the_nearest_name(tmp_path):
    (tmp_path / "n.edf").touch()
    done = eegzoo("predict", "robustsleepnet.meso", "n.edf", cwd=tmp_path)
    assert "did you mean 'robustsleepnet.mesa'" in done.stderr
