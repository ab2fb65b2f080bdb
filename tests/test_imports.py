"""Who may import whom, and what every file of the package keeps to (DESIGN, section 2)."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import eegzoo

ROOT = Path(eegzoo.__file__).parent
FILES = {path.relative_to(ROOT).as_posix(): path for path in sorted(ROOT.rglob("*.py"))}

# What each part may import of the others, besides itself and the files at the top.
DIRECTION = {
    "layers": set(),
    "models": {"layers"},
    "data": set(),
    "training": {"layers", "models", "data"},
    "report": {"layers", "models", "data", "training"},
    "cli": {"layers", "models", "data", "training", "report"},
}
# What the files at the top may import of the parts.
AT_THE_TOP = {"__init__.py": {"models"}, "__main__.py": {"cli"}}
# Installed packages that a part may import; a part that is not here may import any but `RESERVED`.
INSTALLED = {
    "": set(),
    "layers": {"torch", "scipy"},  # scipy only inside functions, as a test below sees
    "models": {"torch", "numpy", "safetensors", "torchinfo"},
}
# What these files may import besides, inside functions or for types alone: trained weights come
# with their preprocessing and their estimator, and are fetched and read by packages that nobody
# needs who has none. `import eegzoo.models` loads none of it, as a test below sees.
LATE = {
    "models/weights/weights.py": {"data", "training", "mne"},
    "models/weights/adaptation.py": {"data"},
    "models/weights/authors.py": {"pooch"},
    "models/weights/keras_file.py": {"h5py"},
    "models/weights/hub.py": {"huggingface_hub", "training"},
}
# Installed packages that only these parts may import.
RESERVED = {"skorch": {"training", "report", "cli"}, "typer": {"cli"}, "rich": {"cli"}}
LONGEST = 300

every_file = pytest.mark.parametrize("file", FILES)


def part_of(file):
    """The part that a file belongs to, or "" for those at the top."""
    return file.partition("/")[0] if "/" in file else ""


def parse(file):
    return ast.parse(FILES[file].read_text(encoding="utf-8"))


def imported(tree):
    """Dotted names of all that is imported, also inside functions, and by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func
            called = called.id if isinstance(called, ast.Name) else called
            name = node.args[0]
            if called in ("import_module", "__import__") and isinstance(name, ast.Constant):
                yield name.value


def own_parts(tree):
    """Parts of eegzoo that are imported; "models" for the names that the top has from there."""
    at_the_top = {file.removesuffix(".py") for file in FILES if "/" not in file}
    for name in imported(tree):
        top, _, rest = name.partition(".")
        part = rest.partition(".")[0]
        if top == "eegzoo" and part not in at_the_top | {"__version__"}:
            yield part if part in DIRECTION else "models"


def installed(tree):
    tops = {name.partition(".")[0] for name in imported(tree)}
    return tops - sys.stdlib_module_names - {"eegzoo"}


def is_public(node):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return isinstance(node, kinds) and not node.name.startswith("_")


def imports_at_once(tree):
    """Imports that run when the file is imported: not in a function, not for types alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from imports_at_once(ast.Module(node.orelse, []))
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from imports_at_once(node)


def undocumented(node, name):
    """Public modules, classes, functions and methods without a docstring."""
    if not ast.get_docstring(node):
        yield name
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        for child in filter(is_public, node.body):
            yield from undocumented(child, f"{name}.{child.name}")


@every_file
def test_a_part_imports_only_those_below_it(file):
    part = part_of(file)
    allowed = DIRECTION[part] | {part} if part else AT_THE_TOP.get(file, set())
    assert set(own_parts(parse(file))) <= allowed | LATE.get(file, set())


@every_file
def test_a_part_imports_only_the_packages_that_it_may(file):
    part, found = part_of(file), installed(parse(file))
    assert found <= INSTALLED.get(part, found) | LATE.get(file, set())
    assert not {name for name in found if part not in RESERVED.get(name, {part})}


@pytest.mark.parametrize("file", LATE)
def test_what_may_be_imported_late_is_imported_late(file):
    imports = ast.Module(list(imports_at_once(parse(file))), [])
    assert not LATE[file] & {*own_parts(imports), *installed(imports)}
    assert LATE[file] <= {*own_parts(parse(file)), *installed(parse(file))}, "no longer needed"


@every_file
def test_a_file_holds_one_idea_under_its_own_name(file):
    assert FILES[file].name not in ("utils.py", "common.py", "helpers.py", "misc.py")
    assert len(FILES[file].read_text(encoding="utf-8").splitlines()) <= LONGEST


@every_file
def test_no_check_is_an_assert(file):
    # They vanish under `python -O`.
    lines = [node.lineno for node in ast.walk(parse(file)) if isinstance(node, ast.Assert)]
    assert lines == []


@every_file
def test_what_is_public_is_documented(file):
    assert list(undocumented(parse(file), file)) == []


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("eegzoo", {"torch", "numpy", "mne", "sklearn", "skorch", "typer", "rich"}),
        ("eegzoo.layers", {"mne", "sklearn", "skorch", "scipy", "matplotlib", "eegzoo.models"}),
        (
            "eegzoo.models",
            {"mne", "sklearn", "skorch", "scipy", "matplotlib", "torchinfo", "eegzoo.data"},
        ),
        (
            "eegzoo.models.weights",
            {"mne", "sklearn", "pooch", "h5py", "requests", "eegzoo.data", "eegzoo.training"},
        ),
    ],
)
def test_an_import_loads_no_more_than_it_needs(module, absent):
    code = f"import sys, {module}; print(*sys.modules)"
    python = [sys.executable, "-W", "error", "-c", code]
    run = subprocess.run(python, capture_output=True, text=True, cwd=ROOT.parent, check=False)
    assert run.returncode == 0, run.stderr
    loaded = set(run.stdout.split())
    assert module in loaded
    assert not loaded & absent


@pytest.mark.parametrize("name", eegzoo.__all__)
def test_every_name_at_the_top_is_there(name):
    assert getattr(eegzoo, name) is not None
    assert name in dir(eegzoo)


def test_a_name_that_is_not_at_the_top_raises():
    with pytest.raises(AttributeError, match="module 'eegzoo' has no attribute 'no_such_name'"):
        eegzoo.no_such_name  # noqa: B018
