"""The code in the pages of the documentation runs, and its commands exist.

Doctests of the pages are collected by pytest itself. A comment ``<!-- setup ... -->`` holds Python
that a page does not show, and ``<!-- not run: REASON -->`` stands before a block that needs what a
clone lacks.
"""

from pathlib import Path

import pytest
import typer

from eegzoo.cli import app
from tests.docs.code_blocks import commands, python_blocks

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES += sorted((ROOT / "docs/how_to").glob("*.md"))
IDS = [path.relative_to(ROOT).as_posix() for path in PAGES]
# Written by the build of the site, and tested there.
GENERATED = {"docs/weights.md"}
# The README's examples on real recordings have tests of their own, in tests/test_readme.py.
TESTED_ELSEWHERE = {"README.md"}


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=name)
        for path, name in zip(PAGES, IDS, strict=True)
        if name not in GENERATED | TESTED_ELSEWHERE and python_blocks(path.read_text("utf-8"))
    ],
)
@pytest.mark.usefixtures("two_epochs")
def test_code_of_a_page_runs(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "page", "monkeypatch": monkeypatch}
    for block in python_blocks(path.read_text(encoding="utf-8")):
        code = compile("\n" * block.line + block.code, str(path), "exec")
        if not block.not_run:
            exec(code, namespace)


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_commands_of_a_page_exist(path):
    root = typer.main.get_command(app)
    for arguments in commands(path.read_text(encoding="utf-8")):
        context = root.make_context("eegzoo", list(arguments), resilient_parsing=True)
        name, command, rest = root.resolve_command(context, arguments)
        if "--help" not in rest:
            command.make_context(name, rest, resilient_parsing=True)


def test_blocks_and_commands_are_found():
    text = (
        "<!-- setup\na = 1\n-->\n```python\nb = a\n```\n<!-- not run: no reason -->\n"
        "```python\n1 / 0\n```\n```console\n$ eegzoo list 'a b' \\\n    --time  # why\n```\n\n"
        "    eegzoo info eegnet > x\n"
    )
    assert [(block.code, block.not_run) for block in python_blocks(text)] == [
        ("a = 1", ""),
        ("b = a", ""),
        ("1 / 0", "no reason"),
    ]
    assert commands(text) == [["list", "a b", "--time"], ["info", "eegnet"]]
