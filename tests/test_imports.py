"""Rules for the imports and the layout of all files of the package."""

import ast
import subprocess
import sys

import pytest

import eegzoo
from tests import source_graph
from tests.source_graph import FILES, ROOT, dependencies, external, imports, parse

# Each package may import itself and those before it.
PACKAGES = (
    "layers", "models", "data", "weights", "training", "sleep", "online", "report", "reproduction",
    "cli",
)  # fmt: skip
# Exceptions: the other packages that these may import.
VISIBLE = {
    "layers": set(),
    "models": {"layers"},
    "data": set(),
    "testing": {"layers", "models"},
    "weights": {"layers", "models", "data"},
}
# Each folder of these packages may import itself and those before it.
FOLDERS = {
    "layers": (
        "constrained",
        "fast_conv",
        "spatial",
        "person",
        "fronts",
        "blocks",
        "attention",
        "joint",
        "one_window",
    ),
    "models": ("", "references"),
    "training": (
        "augmentation",
        "parallel",
        "targets",
        "inputs",
        "by_person",
        "callbacks",
        "finetuning",
        "loop",
        "predictions",
        "calibration",
        "adaptation",
    ),
    "data": ("tasks", "signal", "reading", "preprocessing", "windows", "store", "datasets"),
    "sleep": ("files", "inputs", "stagers", "streams", "pictures"),
    "reproduction": ("figures", "recordings", "protocols"),
}
# Other installed packages that these may import; the rest may import any.
TORCH_ONLY = {"torch", "numpy", "scipy", "safetensors", "torchinfo", "lazy_loader"}
ALLOWED = {"": {"lazy_loader", "torch"}, "layers": TORCH_ONLY, "models": TORCH_ONLY}
ALLOWED["testing"] = {*TORCH_ONLY, "onnxruntime"}
# Installed packages that only some packages may import.
RESERVED = {"skorch": {"training"}, "accelerate": {"training"}, "typer": {"cli"}, "rich": {"cli"}}
# Optional dependencies, which are imported only where they are used.
EXTRAS = {
    "accelerate",
    "brainflow",
    "mne_lsl",
    "antio",
    "captum",
    "distributed",
    "edfio",
    "h5py",
    "huggingface_hub",
    "mne_bids",
    "moabb",
    "obstore",
    "onnx",
    "onnxruntime",
    "onnxscript",
    "peft",
    "pyxdf",
    "yasa",
}


def package_of(file):
    """Return the package of a file, or "" for a file at the top of eegzoo."""
    return file.partition("/")[0] if "/" in file else ""


def folder_of(file):
    """Return the folder of a file within its package, or "" if it is in none."""
    parts = file.split("/")
    return parts[1] if len(parts) > 2 else ""


def is_package(file):
    return file.endswith("__init__.py")


def visible_to(package):
    """Return the packages that a package may import."""
    if package in VISIBLE:
        return VISIBLE[package] | {package}
    return {*PACKAGES[: PACKAGES.index(package)], package}


def test_there_are_no_import_cycles():
    assert source_graph.cycles() == []


def imports_of_higher_packages(file):
    package = package_of(file)
    allowed = visible_to(package) if package else {"cli"} if file == "__main__.py" else set()
    return {package_of(other) for other in dependencies(file)} - allowed - {""}


def imports_of_higher_folders(file):
    package, folder = package_of(file), folder_of(file)
    order = FOLDERS.get(package, ())
    if folder not in order:
        return set()
    lower = {"", *order[: order.index(folder) + 1]}
    return {
        folder_of(other) for other in dependencies(file) if package_of(other) == package
    } - lower


def third_parties_that_are_not_allowed(file):
    package = package_of(file)
    found = external(parse(file)) - sys.stdlib_module_names
    reserved = {name for name in found if package not in RESERVED.get(name, {package})}
    return (found - ALLOWED.get(package, found)) | reserved


def late_imports_outside_the_cli_but_extras(file):
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
    return set() if package_of(file) == "cli" else {name.split(".")[0] for name in late} - EXTRAS


def code_of_packages_but_their_stub(file):
    if not is_package(file):
        return
    code = ast.unparse(ast.Module(parse(file).body[1:], []))
    attached = (
        "import lazy_loader\n"
        "__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)"
    )
    if package_of(file) != "cli" and code not in ("", attached):
        yield code
    if len(ast.get_docstring(parse(file)).split("\n\n")[0].splitlines()) != 1:
        yield "summary of several lines"


def general_names(file):
    return {FILES[file].name} & {"utils.py", "common.py", "helpers.py", "misc.py"}


def lines_over_300(file):
    return range(300, len(FILES[file].read_text(encoding="utf-8").splitlines()))


def assert_statements(file):
    # `python -O` removes them.
    return [node.lineno for node in ast.walk(parse(file)) if isinstance(node, ast.Assert)]


def is_public(node):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return isinstance(node, kinds) and not node.name.startswith("_")


def undocumented(node, name):
    """Yield the public modules, classes, functions and methods without a docstring."""
    if not ast.get_docstring(node):
        yield name
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        for child in filter(is_public, node.body):
            yield from undocumented(child, f"{name}.{child.name}")


def public_names_without_docstring(file):
    return undocumented(parse(file), file)


@pytest.mark.parametrize(
    "broken",
    [
        imports_of_higher_packages,
        imports_of_higher_folders,
        third_parties_that_are_not_allowed,
        late_imports_outside_the_cli_but_extras,
        code_of_packages_but_their_stub,
        general_names,
        lines_over_300,
        assert_statements,
        public_names_without_docstring,
    ],
)
def test_no_file_has(broken):
    found = {file: sorted(places) for file in FILES if (places := list(broken(file)))}
    assert found == {}


# Folders with one file per model or verb are not limited.
LIMITED = {path.parent.relative_to(ROOT).as_posix() for path in FILES.values()} - {
    "models", "models/references", "cli",
}  # fmt: skip


def test_folders_have_at_most_14_files():
    n_files = {folder: len(list((ROOT / folder).glob("*.py"))) for folder in LIMITED}
    assert {folder: n for folder, n in n_files.items() if n > 14} == {}


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
        ("import eegzoo.sleep.staging, eegzoo.training.estimator", {"torch._dynamo", "sympy"}),
    ],
)
def test_heavy_modules_are_not_loaded(code, absent):
    # A module of `lazy_loader.load` is listed before it is loaded.
    loaded = (
        "name for name, module in sys.modules.items() if type(module).__name__ != '_LazyModule'"
    )
    code = f"import sys; {code}; print(*({loaded}))"
    python = [sys.executable, "-W", "error", "-c", code]
    run = subprocess.run(python, capture_output=True, text=True, cwd=ROOT.parent, check=False)
    assert run.returncode == 0, run.stderr
    assert not set(run.stdout.split()) & absent


EXPORTING = [
    name for name in source_graph.MODULES
    if is_package(source_graph.MODULES[name]) and source_graph.lazy_names(name)
]  # fmt: skip


@pytest.mark.parametrize("package", EXPORTING)
def test_exported_names_exist(package):
    module = __import__(package, fromlist=["__all__"])
    assert set(module.__all__) >= set(source_graph.lazy_names(package))
    for name in module.__all__:
        assert getattr(module, name) is not None
        assert name in dir(module)


def test_unknown_name_raises():
    with pytest.raises(AttributeError, match="no_such_name"):
        eegzoo.no_such_name  # noqa: B018
