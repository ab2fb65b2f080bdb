"""The shell completes names of models and weights, at once."""

import os
import subprocess
import sys

import pytest

from tests.cli.test_startup import HEAVY

CODE = """
import sys
from eegzoo.cli import main
sys.argv = ["eegzoo"]
try:
    main()
except SystemExit:
    print("MODULES", *sys.modules)
"""


def complete(words, cwd):
    """Return what Tab offers for the last word, and the packages that were imported."""
    environment = {
        **os.environ,
        "_EEGZOO_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=cwd, capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    offered, _, modules = done.stdout.rpartition("MODULES ")
    return offered.split(), {name.partition(".")[0] for name in modules.split()}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["eegzoo", "train", "--model", "shallow"], ["shallow_convnet"]),
        (["eegzoo", "info", "attn"], ["attnsleep"]),
        (["eegzoo", "predict", "ssvep_front"], ["ssvep_front.ssvep_exo"]),
        (["eegzoo", "stage", "night.edf", "--model", "robustsleepnet.m"],
         ["robustsleepnet.mass", "robustsleepnet.mesa", "robustsleepnet.mros"]),
        (["eegzoo", "export", "min"], ["mine.safetensors"]),
        (["eegzoo", "doc"], ["doctor"]),
        (["eegzoo", "compare", "--models", "eegnet,labram"],
         ["eegnet,labram", "eegnet,labram.base"]),
        (["eegzoo", "embed", "labram"], ["labram.base"]),
        (["eegzoo", "reproduce", "bench:eeg"], ["bench:eegmat"]),
        (["eegzoo", "weights", "ssvep_front"], ["ssvep_front.ssvep_exo"]),
        (["eegzoo", "verify", "attn"], ["attnsleep"]),
        (["eegzoo", "train", "--data", "eeg"], ["eegbci"]),
    ],
)  # fmt: skip
def test_names_are_completed_without_heavy_imports(tmp_path, words, expected):
    (tmp_path / "mine.safetensors").touch()
    offered, modules = complete(words, tmp_path)
    assert offered == expected
    assert not modules & HEAVY
