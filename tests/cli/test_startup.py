"""Commands that only show help or stored facts import no heavy package."""

import json
import subprocess
import sys

import pytest
import typer

from eegzoo.cli import app

HEAVY = {"torch", "numpy", "mne", "sklearn", "skorch", "scipy", "safetensors"}
VERBS = sorted(typer.main.get_group(app).commands)
GROUPS = ("Look around", "Train and evaluate", "Use a trained model", "Check")
COMMANDS = {
    "list": "verified against",
    "list --weights --markdown": "| `eegnet` |",
    "info eegnet": "Total params: 2,388",
    "info eegnet --n-chans 64": "Total params: 2,388",
    "weights": "eegnet.eegmat",
    "weights '*mi4*' --task 'motor imagery'": "(5 folds)",
    "weights eegnet.eegmat": "SHA-256",
    "weights eegnet.eegmat --code": "mne.Epochs",
    "list --help": "For example",
}
# Runs commands one after the other, and writes what each shows and which modules are loaded then.
CODE = """
import contextlib, io, json, shlex, sys
from eegzoo.cli import main
for command in sys.argv[1:]:
    sys.argv, shown = ["eegzoo", *shlex.split(command)], io.StringIO()
    with contextlib.redirect_stdout(shown):
        try:
            main()
        except SystemExit as stop:
            assert not stop.code, command
    print(json.dumps([shown.getvalue(), list(sys.modules)]))
"""


def run(*commands, cwd):
    """Return the output of each command, and the top-level names of the modules loaded then."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, *commands], cwd=cwd, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = {}
    for command, line in zip(commands, done.stdout.splitlines(), strict=True):
        shown, modules = json.loads(line)
        found[command] = shown, {name.partition(".")[0] for name in modules}
    return found


@pytest.fixture(scope="module")
def helped(tmp_path_factory):
    return run(*(f"{verb} --help" for verb in ("", *VERBS)), cwd=tmp_path_factory.mktemp("help"))


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "200")
        return run(*COMMANDS, cwd=tmp_path_factory.mktemp("shown"))


@pytest.mark.parametrize("command", COMMANDS)
def test_stored_facts_are_shown_without_heavy_imports(shown, command):
    output, modules = shown[command]
    assert COMMANDS[command] in output
    assert not modules & HEAVY


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_needs_no_heavy_import(helped, verb):
    output, modules = helped[f"{verb} --help"]
    assert "Usage" in output
    assert "For example" in output
    assert not modules & HEAVY


def test_verbs_are_grouped_by_task(helped):
    output, _ = helped[" --help"]
    panels = output[output.index("Look around") :]
    assert [panels.index(title) for title in GROUPS] == sorted(panels.index(t) for t in GROUPS)
    assert "─ Commands" not in panels
    for verb in VERBS:
        assert f" {verb} " in panels


def test_other_sizes_build_the_model(tmp_path):
    output, modules = run("info eegnet --n-chans 8", cwd=tmp_path)["info eegnet --n-chans 8"]
    assert "n_chans=8" in output
    assert "Total params: 1,492" in output
    assert "torch" in modules
