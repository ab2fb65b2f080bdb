"""Wrong values of arguments and options are errors of one line, before anything is computed."""

import shlex
import shutil
import sys
from unittest import mock

import pytest
import torch

from tests.cli.test_cli import eegzoo, eegzoo_process

OK = "--raw ok_raw.fif --cv 2 --max-epochs 1 --verbose 0"
TRAIN = f"train {OK}"
EVALUATE = "evaluate classifier.safetensors --raw ok_raw.fif"
PREDICT = "predict classifier.safetensors ok_raw.fif"
EXPORT = "export classifier.safetensors"


@pytest.fixture(scope="module")
def folder(models, tmp_path_factory):
    """Folder with the models, and with files and folders that are none."""
    folder = tmp_path_factory.mktemp("wrong")
    shutil.copytree(models, folder, dirs_exist_ok=True)
    (folder / "folder").mkdir()
    (folder / "folder.safetensors").mkdir()
    (folder / "text.txt").write_text("not a model or recording")
    torch.save({}, folder / "state.pt")
    for name in ("empty.edf", "empty_raw.fif", "empty.safetensors"):
        (folder / name).touch()
    return folder


def assert_is_one_line(done, message=""):
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("eegzoo: error: ")
    assert message in line


@pytest.mark.parametrize(
    ("command", "message"),
    [
        # The command line itself.
        ("trian", "No such command 'trian'. Did you mean 'train'? (see eegzoo --help)"),
        ("predict", "Missing argument 'model'. (see eegzoo predict --help)"),
        ("predict classifier.safetensors", "Missing argument 'recording'"),
        ("check ok_raw.fif text.txt", "unexpected extra argument(s) (text.txt): one recording"),
        ("predict classifier.safetensors ok_raw.fif ok_raw.fif", "one recording at a time"),
        ("train --raw ok_raw.fif ok_raw.fif", "each recording needs a --raw of its own; --raw FOL"),
        ("predict ok_raw.fif classifier.safetensors", "expected the model before the recording"),
        ("check folder", "it is a folder, expected a file in it"),
        ("train --raw folder", "expected recordings in the folder folder, got none in a known for"),
        ("predict state.pt ok_raw.fif", "it looks like a file of torch.save"),
        ("train --epochs 3", "No such option: --epochs"),
        ("train --cv abc", "Invalid value for '--cv'"),
        ("train --cv 2.5", "Invalid value for '--cv'"),
        ("train --lr ''", "Invalid value for '--lr'"),
        ("list --task", "Option '--task' requires an argument"),
        # Names.
        ("list ''", "no model matches ''"),
        ("list --task ''", "unknown task ''"),
        ("info ''", "unknown model ''"),
        ("info eegnet,tinysleepnet", "unknown model 'eegnet,tinysleepnet'"),
        ("weights ''", "unknown weights ''"),
        ("weights '[bold]'", "no weights match '[bold]'"),
        ("verify ''", "unknown model ''"),
        ("verify eegnet,tinysleepnet", "unknown model"),
        (f"{TRAIN} --model ''", "unknown model ''"),
        (f"{TRAIN} --model eegnet,tinysleepnet", "unknown model"),
        ("train --data ''", "unknown data set ''"),
        ("predict '' ok_raw.fif", "unknown weights ''"),
        ("predict eegnet_a,eegnet_b ok_raw.fif", "unknown weights"),
        # Devices.
        ("verify eegnet_4_2 --device tpu", "cannot compute on device 'tpu'"),
        ("verify eegnet_4_2 --device ''", "cannot compute on device ''"),
        ("verify eegnet_4_2 --device cuda:99", "cannot compute on device 'cuda:99'"),
        ("verify eegnet_4_2 --device cpu,cuda", "cannot compute on device 'cpu,cuda'"),
        (f"{TRAIN} --device tpu", "cannot compute on device 'tpu'"),
        (f"{TRAIN} --device ''", "cannot compute on device ''"),
        (f"{TRAIN} --device cuda:99", "cannot compute on device 'cuda:99'"),
        (f"{TRAIN} --devices 2 --device tpu", "cannot compute on device 'tpu'"),
        (f"{TRAIN} --devices -1", "expected devices to be a positive integer, got -1"),
        (f"{TRAIN} --devices 9999", "expected devices of at most"),
        # Sizes.
        ("info eegnet --n-chans 0", "n_chans"),
        ("info eegnet --n-times -1", "n_times"),
        ("info eegnet --n-outputs 0", "n_outputs"),
        ("info eegnet --sfreq nan", "sfreq"),
        ("info eegnet --sfreq -128", "sfreq"),
        ("info eegnet --n-chans 99999999999999999999", ""),
        # Numbers of the training.
        *[
            (f"{TRAIN} --{option} {value}", option.replace("-", "_"))
            for option, values in {
                "cv": "0 -1", "n-crops": "0 -1", "max-epochs": "0 -1", "batch-size": "0 -1",
                "lr": "0 -1 nan inf", "warmup": "-1 2 nan", "weight-decay": "-1 nan",
                "clip-norm": "-1 inf", "ema": "-1 1 nan", "validation": "-1 1 nan",
                "patience": "-1", "crop-length": "0 -1 2.5 ''",
            }.items()
            for value in values.split()
        ],
        (f"{TRAIN} --seed -1", "seed"),
        (f"{TRAIN} --tmin nan", "tmin"),
        (f"{TRAIN} --tmax inf", "tmax"),
        (f"{TRAIN} --tmax 1e5", "got none among 8 events"),
        (f"{TRAIN} --l-freq -1", "l_freq"),
        (f"{TRAIN} --l-freq nan", "l_freq"),
        (f"{TRAIN} --h-freq 0", "h_freq"),
        (f"{PREDICT} --step-seconds 0", "step_seconds"),
        (f"{PREDICT} --step-seconds -1", "step_seconds"),
        (f"{PREDICT} --step-seconds nan", "step_seconds"),
        # Choices.
        (f"{TRAIN} --recipe ''", "expected recipe to be one of"),
        (f"{TRAIN} --normalize ''", "expected normalize to be one of"),
        (f"{TRAIN} --precision ''", "expected precision to be one of"),
        (f"{TRAIN} --check-signal ''", "expected check_signal to be one of"),
        (f"{TRAIN} --class-weight ''", "expected class_weight"),
        (f"{TRAIN} --groups ''", "expected --groups to be one of"),
        (f"{TRAIN} --groups subject,session", "expected --groups to be one of"),
        (f"{TRAIN} --augment ''", "expected values for --augment, got ''"),
        (f"{TRAIN} --augment ,", "expected values for --augment, got ','"),
        (f"{TRAIN} --event-id ''", "expected values for --event-id, got ''"),
        (f"{EVALUATE} --event-id ,", "expected values for --event-id, got ','"),
        (f"{PREDICT} --events ''", "expected values for --events, got ''"),
        ("train --data eegbci --subjects '' --runs 6", "expected values for --subjects, got ''"),
        ("train --data eegbci --subjects 1 --runs ,", "expected values for --runs, got ','"),
        ("train --data eegbci --subjects -1 --runs 6", "subjects"),
        (f"{EVALUATE} --missing maybe", "expected --missing to be one of"),
        (f"{PREDICT} --missing ''", "expected --missing to be one of"),
        (f"{PREDICT} --check-signal maybe", "expected --check-signal to be one of"),
        # Files and folders.
        ("check ''", "cannot be read as a recording"),
        ("check folder", "cannot be read as a recording"),
        ("check empty.edf", "cannot be read as a recording"),
        ("check empty_raw.fif", "cannot be read as a recording"),
        ("check text.txt", "cannot be read as a recording"),
        ("check ok_raw.fif,ok_raw.fif", "no such file"),
        ("check ok_raw.fif --model folder", "no such file: folder"),
        ("check ok_raw.fif --model folder.safetensors", "no such file: folder.safetensors"),
        ("check ok_raw.fif --model empty.safetensors", "not a model saved by eegzoo"),
        ("check ok_raw.fif --model ''", "unknown weights ''"),
        ("train --raw ''", "cannot be read as a recording"),
        ("train --raw text.txt/a.edf", "no such file"),
        ("evaluate ok_raw.fif --raw ok_raw.fif", "not a model saved by eegzoo"),
        ("predict folder ok_raw.fif", "no such file: folder"),
        ("predict classifier.safetensors folder", "cannot be read as a recording"),
        ("predict classifier.safetensors classifier.safetensors", "cannot be read"),
        ("export folder.safetensors model.onnx", "no such file: folder.safetensors"),
        ("export text.txt model.onnx", "not a model saved by eegzoo"),
        ("evaluate multilabel.safetensors --raw ok_raw.fif", "expected a model with one label"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_an_error_of_one_line(folder, command, message):
    before = sorted(folder.rglob("*"))
    assert_is_one_line(eegzoo(*shlex.split(command), cwd=folder), message)
    assert sorted(folder.rglob("*")) == before


def test_sizes_that_torch_cannot_compute_are_an_error_of_one_line(folder, monkeypatch):
    error = RuntimeError("Failed to run torchinfo")
    error.__cause__ = RuntimeError("not enough memory")
    monkeypatch.setattr("eegzoo.models.model_summary.summary", mock.Mock(side_effect=error))
    done = eegzoo("info", "eegnet", "--sfreq", 256, cwd=folder)
    assert_is_one_line(done, "eegnet cannot compute windows of these sizes: not enough memory")


def test_a_usage_error_in_a_new_process_is_one_line(folder):
    done = eegzoo_process("train", "--cv", "abc", cwd=folder)
    assert_is_one_line(done, "Invalid value for '--cv'")
    assert done.stdout == ""


def test_no_arguments_show_the_help(folder):
    done = eegzoo(cwd=folder)
    assert (done.returncode, done.stderr) == (2, "")
    assert "Usage" in done.stdout


# Outputs.


def computing(verb):
    """Return a patch that makes reading and computing fail."""
    failure = mock.Mock(side_effect=AssertionError("it computes"))
    if verb == "train":
        return mock.patch("eegzoo.cli.sources.load_windows", failure)
    return mock.patch.object(sys.modules[f"eegzoo.cli.{verb}"], "find_trained", failure)


@pytest.mark.parametrize(
    "command",
    [
        f"{TRAIN} --out", f"{TRAIN} --json", f"{TRAIN} --checkpoint",
        f"{TRAIN} --devices 2 --checkpoint", f"{EVALUATE} --json", f"{PREDICT} --out", EXPORT,
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["text.txt/result.onnx", "", "a" * 300 + ".onnx", "\0.onnx"])
def test_an_output_that_cannot_be_written_is_refused_before_anything_is_computed(
    folder, command, path
):
    verb, *options = command.split()
    before = sorted(folder.rglob("*"))
    with computing(verb):
        assert_is_one_line(eegzoo(verb, *options, path, cwd=folder))
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    "command",
    [
        f"{TRAIN} --out folder", f"{TRAIN} --json nowhere/a.json", f"{TRAIN} --checkpoint text.txt",
        f"{EVALUATE} --json folder", f"{PREDICT} --out nowhere/a.csv", f"{EXPORT} nowhere/a.onnx",
        # Each of these would replace a file in use.
        f"{TRAIN} --out same --json ./same", f"{TRAIN} --out ok_raw.fif",
        f"{EVALUATE} --json ok_raw.fif", f"{EVALUATE} --json classifier.safetensors",
        f"{PREDICT} --out ok_raw.fif", f"{PREDICT} --out ../{{}}/classifier.safetensors",
        f"{EXPORT} classifier.safetensors",
    ],
)  # fmt: skip
def test_an_output_in_place_of_something_else_is_refused(folder, command):
    verb, *options = command.format(folder.name).split()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with computing(verb):
        assert_is_one_line(eegzoo(verb, *options, cwd=folder))
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
