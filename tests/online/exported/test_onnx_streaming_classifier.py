"""Tests of exported classifiers of running signals, which need no torch."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eegzoo.cli.export import export
from eegzoo.data import (
    Baseline,
    Epoch,
    EpochsDataset,
    Filter,
    PersonAlignment,
    Preprocessing,
    Recording,
    Resample,
    simulate_motor_imagery,
)
from eegzoo.online import OnnxStreamingClassifier, StreamingClassifier
from eegzoo.training import EEGClassifier
from tests.online.running import PREPROCESSINGS, push_all, recording, trained

for _package in ("onnx", "onnxscript", "onnxruntime"):
    pytest.importorskip(_package)

# A process in which torch, MNE, scikit-learn and skorch cannot be imported.
WITHOUT_TORCH = """
import json, sys
absent = set("torch mne sklearn skorch pandas matplotlib onnx".split())

class Absent:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in absent:
            raise ModuleNotFoundError(f"No module named {name!r}")

sys.meta_path.insert(0, Absent)
import numpy as np
from eegzoo.online import OnnxStreamingClassifier, DecisionRule
data = np.load("data.npy")
names, sfreq = json.loads(sys.argv[1])
stream = OnnxStreamingClassifier("model.onnx", ch_names=names, sfreq=sfreq, step_seconds=0.25)
decisions = [each for chunk in np.split(data, range(50, data.shape[1], 50), axis=1)
             for each in stream.push(chunk)]
commands = DecisionRule(stream.classes_.tolist(), threshold=0.5).commands(decisions)
blank = [np.nan] * len(stream.classes_)
np.save("found.npy", [blank if each.is_abstention else each.probabilities for each in decisions])
assert not absent.intersection(sys.modules)
print(json.dumps([decisions[-1].label, len(commands)]))
"""


def _export(folder: Path, classifier: EEGClassifier, preprocessing: Any, **options: Any) -> Path:
    classifier.save(folder / "model.safetensors", preprocessing)
    export(str(folder / "model.safetensors"), folder / "model.onnx", stream=True, **options)
    return folder / "model.onnx"


def _compare(
    path: Path, classifier: EEGClassifier, preprocessing: Any, raw: Any, adapt: str | None = None
) -> None:
    """Check that decisions of the two streams are equal, and that some are made."""
    raw = raw.copy().crop(0, 40)  # 150 windows
    options: Any = {"ch_names": raw.ch_names, "sfreq": raw.info["sfreq"], "adapt": adapt}
    expected = StreamingClassifier(classifier, preprocessing=preprocessing, **options)
    found = OnnxStreamingClassifier(path, **options)
    assert found.delay_seconds == pytest.approx(expected.delay_seconds)
    assert found.differences == expected.differences
    pairs = list(
        zip(
            push_all(found, raw.get_data(), range(50, raw.n_times, 50)),
            push_all(expected, raw.get_data(), ()),
            strict=True,
        )
    )
    for one, other in pairs:
        assert (one.time, one.onset, one.reason) == (other.time, other.onset, other.reason)
        if not other.is_abstention:
            np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-5)
            assert one.label == other.label
    assert sum(not other.is_abstention for _, other in pairs) > 10


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that exports a classifier once, and returns its folder."""

    @functools.cache
    def export_once(name: str) -> Path:
        folder = tmp_path_factory.mktemp("exported")
        _export(folder, *trained(name), stream_sfreq=128.0)
        return folder

    return export_once


@pytest.fixture(scope="module")
def files(exported: Callable[[str], Path]) -> Path:
    return exported("fir")


def _open(path: Path, **options: Any) -> OnnxStreamingClassifier:
    raw = recording()
    given = {"ch_names": raw.ch_names, "sfreq": raw.info["sfreq"], **options}
    return OnnxStreamingClassifier(path, **given)


@pytest.mark.slow
@pytest.mark.parametrize("name", PREPROCESSINGS)
def test_stream_without_torch_equals_that_of_torch(
    name: str, exported: Callable[[str], Path]
) -> None:
    _compare(exported(name) / "model.onnx", *trained(name), recording())


def test_torch_and_mne_are_never_imported(exported: Callable[[str], Path]) -> None:
    classifier, preprocessing = trained("chain")
    folder = exported("chain")
    raw = recording().copy().crop(0, 40)
    np.save(folder / "data.npy", raw.get_data())
    told = json.dumps([raw.ch_names, raw.info["sfreq"]])
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, told], cwd=folder, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    label, n_commands = json.loads(run.stdout)
    stream = StreamingClassifier(
        classifier, ch_names=raw.ch_names, sfreq=128.0, preprocessing=preprocessing
    )
    decisions = push_all(stream, raw.get_data(), ())
    found = np.load(folder / "found.npy")
    for row, each in zip(found, decisions, strict=True):
        assert np.isnan(row).all() == each.is_abstention
        if not each.is_abstention:
            np.testing.assert_allclose(row, each.probabilities, atol=1e-5)
    assert label == decisions[-1].label
    assert n_commands > 0


@pytest.mark.parametrize("normalize", ["whiten", "window", "exponential"])
def test_every_normalisation_and_crops_are_those_of_torch(normalize: str, tmp_path: Path) -> None:
    preprocessing = Preprocessing([Filter(4.0, 38.0, "forward"), Epoch(0.0, seconds=2.0)])
    classifier = EEGClassifier(
        "eegnet", normalize=normalize, crop_length="half", n_crops=3, max_epochs=1, random_state=0
    ).fit(preprocessing.epochs(recording()))
    path = _export(tmp_path, classifier, preprocessing)
    _compare(path, classifier, preprocessing, recording())


@pytest.mark.parametrize("align", ["euclid", PersonAlignment("riemann", bands=[(4, 12)])])
def test_person_is_aligned_as_in_torch(align: Any, tmp_path: Path) -> None:
    preprocessing = Preprocessing([Filter(4.0, 38.0, "forward"), Epoch(0.0, seconds=2.0)])
    raws = [simulate_motor_imagery(n_trials=12, random_state=s).pick(range(6)) for s in range(3)]
    people = [Recording(raw, f"S{place}") for place, raw in enumerate(raws[:2])]
    classifier = EEGClassifier(
        "eegnet", align=align, normalize="none", max_epochs=1, random_state=0
    ).fit(EpochsDataset.from_recordings(people, preprocessing))
    running, own = tmp_path / "running", tmp_path / "own"
    running.mkdir()
    own.mkdir()
    path = _export(running, classifier, preprocessing)
    _compare(path, classifier, preprocessing, raws[2], adapt="running")
    with pytest.raises(ValueError, match="adapt='running' with a classifier that aligns each"):
        OnnxStreamingClassifier(path, ch_names=raws[2].ch_names, sfreq=128.0)
    adapted = classifier.adapt(preprocessing.epochs(raws[2]), how=("align",))
    path = _export(own, adapted, preprocessing)
    _compare(path, adapted, preprocessing, raws[2])
    with pytest.raises(ValueError, match="aligns none, or only one"):
        OnnxStreamingClassifier(path, ch_names=raws[2].ch_names, sfreq=128.0, adapt="running")


def test_steps_after_the_windows_are_those_of_torch(tmp_path: Path) -> None:
    preprocessing = Preprocessing([Epoch(-0.5, seconds=2.5), Baseline(None, 0.0), Resample(64.0)])
    classifier = EEGClassifier("eegnet", max_epochs=1, random_state=0, check_signal="ignore").fit(
        preprocessing.epochs(recording())
    )
    path = _export(tmp_path, classifier, preprocessing, stream_sfreq=128.0)
    _compare(path, classifier, preprocessing, recording())


def test_channels_are_found_by_name_and_faults_are_told(files: Path) -> None:
    raw, data = recording(), recording().get_data()
    order = np.random.default_rng(0).permutation(len(raw.ch_names))
    names = [*(f"EEG {raw.ch_names[place]}" for place in order), "Fp1"]
    extra = np.concatenate([data[order], np.full((1, data.shape[1]), np.nan)])
    expected = push_all(_open(files / "model.onnx"), data, ())
    found = push_all(_open(files / "model.onnx", ch_names=names), extra, ())
    np.testing.assert_allclose(found[-1].probabilities, expected[-1].probabilities, atol=1e-6)
    data[3, -300] = np.nan
    faulty = push_all(_open(files / "model.onnx"), data, ())
    assert f"{raw.ch_names[3]} is not a finite number" in faulty[-1].reason
    with pytest.raises(ValueError, match="C3"):
        _open(files / "model.onnx", ch_names=[name.replace("C3", "X1") for name in raw.ch_names])


def test_another_rate_raises_with_the_option_of_the_export(files: Path) -> None:
    with pytest.raises(ValueError, match=r"at 128 Hz.* got 250 Hz; .*--stream-sfreq 250"):
        _open(files / "model.onnx", sfreq=250.0)


def test_onnx_file_of_another_export_is_refused(files: Path, tmp_path: Path) -> None:
    shutil.copy(files / "model.json", tmp_path / "model.json")
    content = (files / "model.onnx").read_bytes()
    (tmp_path / "model.onnx").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ValueError, match="of one export, but the SHA-256"):
        _open(tmp_path / "model.onnx")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"stream": None}, "to describe a stream, as eegzoo export --stream"),
        ({"stream": {"format": 7}}, "stream in format 1, got 7"),
        ({"onnx_sha256": None}, "SHA-256"),
        ("text", "expected JSON in"),
    ],
)
def test_unfit_descriptions_are_refused(
    files: Path, tmp_path: Path, change: Any, expected: str
) -> None:
    shutil.copy(files / "model.onnx", tmp_path / "model.onnx")
    text = "no JSON"
    if change != "text":
        text = json.dumps({**json.loads((files / "model.json").read_text()), **change})
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(ValueError, match=expected):
        _open(tmp_path / "model.onnx")


def test_missing_files_are_named(files: Path, tmp_path: Path) -> None:
    shutil.copy(files / "model.onnx", tmp_path / "model.onnx")
    with pytest.raises(FileNotFoundError, match=r"model\.json"):
        _open(tmp_path / "model.onnx")


def test_missing_onnxruntime_is_named(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match="pip install onnxruntime"):
        _open(files / "model.onnx")


def test_command_runs_the_exported_classifier(files: Path, tmp_path: Path) -> None:
    raw = recording().copy()
    raw.save(tmp_path / "test_raw.fif", verbose=False)
    tables = []
    for model in ("model.onnx", "model.safetensors"):
        run = subprocess.run(
            [sys.executable, "-m", "eegzoo", "stream", files / model, "--play", "test_raw.fif",
             "--speed", "inf", "--out", "decisions.csv"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        tables.append((tmp_path / "decisions.csv").read_text().splitlines())
    assert len(tables[0]) == len(tables[1]) > 200
    cells = [[row.split(",") for row in table[1:]] for table in tables]
    for one, other in zip(*cells, strict=True):
        assert one[:2] == other[:2]
        if one[1] != "abstain":
            np.testing.assert_allclose(
                np.array(one[2:4], float), np.array(other[2:4], float), atol=3e-6
            )
