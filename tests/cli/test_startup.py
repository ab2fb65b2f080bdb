"""Commands that only show help or stored facts import no heavy package."""

import shlex
import subprocess
import sys

import pytest
import typer

from eegzoo.cli import app

HEAVY = {"torch", "numpy", "mne", "sklearn", "skorch", "scipy", "safetensors"}
VERBS = sorted(typer.main.get_group(app).commands)
GROUPS = ("Look around", "Train and evaluate", "Use a trained model", "Check")
# The names of all loaded modules follow the output of the command.
CODE = """
import sys
from eegzoo.cli import main
sys.argv[0] = "eegzoo"
try:
    main()
except SystemExit as stop:
    print("MODULES", *sys.modules)
    raise
"""


def run(command, cwd):
    """Run a command, and return its output and the top-level names of the modules it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, *shlex.split(command)],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shown, _, modules = done.stdout.rpartition("MODULES ")
    return shown, {name.partition(".")[0] for name in modules.split()}


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("list", "verified against"),
        ("list --weights --markdown", "| `eegnet` |"),
        ("info eegnet", "Total params: 2,388"),
        ("info eegnet --n-chans 64", "Total params: 2,388"),
        ("weights", "eegnet.eegmat"),
        ("weights '*mi4*' --task 'motor imagery'", "(5 folds)"),
        ("weights eegnet.eegmat", "SHA-256"),
        ("weights eegnet.eegmat --code", "mne.Epochs"),
        ("list --help", "For example"),
    ],
)
def test_stored_facts_are_shown_without_heavy_imports(tmp_path, monkeypatch, command, shown):
    monkeypatch.setenv("COLUMNS", "200")
    output, modules = run(command, tmp_path)
    assert shown in output
    assert not modules & HEAVY


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_needs_no_heavy_import(tmp_path, verb):
    output, modules = run(f"{verb} --help", tmp_path)
    assert "Usage" in output
    assert "For example" in output
    assert not modules & HEAVY


def test_verbs_are_grouped_by_task(tmp_path):
    output, _ = run("--help", tmp_path)
    panels = output[output.index("Look around") :]
    assert [panels.index(title) for title in GROUPS] == sorted(panels.index(t) for t in GROUPS)
    assert "─ Commands" not in panels
    for verb in VERBS:
        assert f" {verb} " in panels


def test_other_sizes_build_the_model(tmp_path):
    output, modules = run("info eegnet --n-chans 8", tmp_path)
    assert "n_chans=8" in output
    assert "Total params: 1,492" in output
    assert "torch" in modules
