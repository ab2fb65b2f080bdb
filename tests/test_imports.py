"""Who may import whom, and what every file of the package keeps to."""

import ast
import subprocess
import sys

import pytest

import eegzoo
from tests import source_graph
from tests.source_graph import FILES, ROOT, dependencies, external, imports, parse

# Packages from the ground floor up: each may import those before it, and itself.
PACKAGES = ("layers", "models", "data", "weights", "training", "sleep", "online", "report", "cli")
# ... and these, which see less than what lies below them.
SEES = {
    "layers": set(),
    "models": {"layers"},
    "data": set(),
    "testing": {"layers", "models"},
    "weights": {"layers", "models", "data"},
}
# The same within a package, where its folders build on each other.
FOLDERS = {
    "layers": ("constrained", "fronts", "blocks"),
    "models": ("", "references"),
    "data": ("signal", "reading", "preprocessing", "windows", "store", "datasets"),
}
# Other packages that a package may import; one that is not here may import any but `RESERVED`.
TORCH_ONLY = {"torch", "numpy", "scipy", "safetensors", "torchinfo", "lazy_loader"}
INSTALLED = {"": {"lazy_loader", "torch"}, "layers": TORCH_ONLY, "models": TORCH_ONLY}
RESERVED = {"skorch": {"training"}, "accelerate": {"training"}, "typer": {"cli"}, "rich": {"cli"}}
# Extras, whose absence is told by the line that installs them.
EXTRAS = {"accelerate", "h5py", "huggingface_hub", "mne_bids", "onnx", "onnxruntime", "onnxscript"}

every_file = pytest.mark.parametrize("file", FILES)


def package_of(file):
    """The package that a file belongs to, or "" for the ground floor and the command."""
    return file.partition("/")[0] if "/" in file else ""


def folder_of(file):
    """The folder within its package that a file belongs to, or "" for none."""
    parts = file.split("/")
    return parts[1] if len(parts) > 2 else ""


def is_stub(file):
    return file.endswith("__init__.py")


def may_see(package):
    if package in SEES:
        return SEES[package] | {package}
    return {*PACKAGES[: PACKAGES.index(package)], package}


def test_no_files_import_each_other():
    assert source_graph.cycles() == []


@every_file
def test_a_package_imports_only_those_below_it(file):
    package = package_of(file)
    if file == "__main__.py":
        allowed = {"cli"}
    else:
        allowed = may_see(package) if package else set()
    assert {package_of(other) for other in dependencies(file)} <= allowed | {""}


@every_file
def test_a_folder_imports_only_those_below_it(file):
    package, folder = package_of(file), folder_of(file)
    order = FOLDERS.get(package, ())
    if folder not in order or is_stub(file):
        pytest.skip("it has no place in an order")
    below = {"", *order[: order.index(folder) + 1]} if "" not in order else {
        *order[: order.index(folder) + 1]
    }  # fmt: skip
    others = {folder_of(other) for other in dependencies(file) if package_of(other) == package}
    assert others <= below


@every_file
def test_a_package_imports_only_the_others_that_it_may(file):
    package = package_of(file)
    found = external(parse(file)) - sys.stdlib_module_names
    assert found <= INSTALLED.get(package, found)
    assert not {name for name in found if package not in RESERVED.get(name, {package})}


@every_file
def test_only_extras_and_verbs_are_imported_late(file):
    at_the_top = {id(node) for node in parse(file).body} | {
        id(node)
        for block in parse(file).body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
    }
    late = {
        name
        for node, name in imports(parse(file))
        if isinstance(node, (ast.Import, ast.ImportFrom)) and id(node) not in at_the_top
    }
    if package_of(file) != "cli":
        assert {name.partition(".")[0] for name in late} <= EXTRAS


@every_file
def test_a_lazy_package_holds_nothing_but_its_stub(file):
    if not is_stub(file):
        pytest.skip("it is no package")
    code = parse(file).body[1:]
    if package_of(file) != "cli" and code:
        assert ast.unparse(ast.Module(code, [])) == (
            "import lazy_loader\n"
            "__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)"
        )
    assert len(ast.get_docstring(parse(file)).split("\n\n")[0].splitlines()) == 1


@every_file
def test_a_file_holds_one_idea_under_its_own_name(file):
    assert FILES[file].name not in ("utils.py", "common.py", "helpers.py", "misc.py")
    assert len(FILES[file].read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("folder", sorted({path.parent for path in FILES.values()}), ids=str)
def test_a_folder_can_be_surveyed(folder):
    name = folder.relative_to(ROOT).as_posix()
    if name in ("models", "models/references", "cli"):
        pytest.skip("a file for each model or verb")
    assert len(list(folder.glob("*.py"))) <= 14


@every_file
def test_no_check_is_an_assert(file):
    # They vanish under `python -O`.
    lines = [node.lineno for node in ast.walk(parse(file)) if isinstance(node, ast.Assert)]
    assert lines == []


def is_public(node):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return isinstance(node, kinds) and not node.name.startswith("_")


def undocumented(node, name):
    """Public modules, classes, functions and methods without a docstring."""
    if not ast.get_docstring(node):
        yield name
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        for child in filter(is_public, node.body):
            yield from undocumented(child, f"{name}.{child.name}")


@every_file
def test_what_is_public_is_documented(file):
    assert list(undocumented(parse(file), file)) == []


HEAVY = {"mne", "sklearn", "skorch", "scipy", "matplotlib", "pooch", "h5py", "requests"}


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import eegzoo", {"torch", "numpy", "typer", "rich", *HEAVY}),
        ("import eegzoo.cli", {"torch", "numpy", *HEAVY}),
        ("from eegzoo.layers import ConstrainedConv1d", {"eegzoo.models", *HEAVY}),
        (
            "import eegzoo; eegzoo.create_model('eegnet', n_chans=8, n_times=128, n_outputs=2, "
            "sfreq=128)",
            {"torchinfo", *HEAVY},
        ),
        ("import eegzoo; eegzoo.create_model('eegnet.eegmat', weights=True)", HEAVY),
        ("import eegzoo; eegzoo.list_weights()", HEAVY),
    ],
)
def test_no_more_is_loaded_than_is_needed(code, absent):
    # A module of `lazy_loader.load` is listed before it is loaded.
    loaded = (
        "name for name, module in sys.modules.items() if type(module).__name__ != '_LazyModule'"
    )
    code = f"import sys; {code}; print(*({loaded}))"
    python = [sys.executable, "-W", "error", "-c", code]
    run = subprocess.run(python, capture_output=True, text=True, cwd=ROOT.parent, check=False)
    assert run.returncode == 0, run.stderr
    assert not set(run.stdout.split()) & absent


@pytest.mark.parametrize(
    "package", sorted(name for name in source_graph.MODULES if name.count(".") < 2)
)
def test_every_exported_name_is_there(package):
    if not is_stub(source_graph.MODULES[package]) or not source_graph.lazy_names(package):
        pytest.skip("it exports nothing")
    module = __import__(package, fromlist=["__all__"])
    assert set(module.__all__) >= set(source_graph.lazy_names(package))
    for name in module.__all__:
        assert getattr(module, name) is not None
        assert name in dir(module)


def test_a_name_that_is_not_at_the_top_raises():
    with pytest.raises(AttributeError, match="no_such_name"):
        eegzoo.no_such_name  # noqa: B018
