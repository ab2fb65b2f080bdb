"""Import graph of eegzoo, read from its source without running it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import eegzoo

ROOT = Path(eegzoo.__file__).parent
FILES = {path.relative_to(ROOT).as_posix(): path for path in sorted(ROOT.rglob("*.py"))}


@cache
def parse(file):
    return ast.parse(FILES[file].read_text(encoding="utf-8"))


def module_of(file):
    """Return the module name of a file: "eegzoo.layers" for "layers/__init__.py"."""
    parts = Path("eegzoo", file).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in FILES}


@cache
def lazy_names(package):
    """Return the names that the stub of a lazy package exports, with their modules."""
    stub = FILES[MODULES[package]].with_suffix(".pyi")
    if not stub.exists():
        return {}
    modules = {}
    for node in ast.parse(stub.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            assert node.level == 1, "lazy_loader only reads relative imports"
            base = f"{package}.{node.module}" if node.module else package
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                modules[alias.name] = inner if inner in MODULES else base
    return modules


def imports(tree):
    """Yield the node and the dotted name of every import in a syntax tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports must be absolute"
            for alias in node.names:
                yield node, f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = getattr(node.func, "attr", getattr(node.func, "id", None))
            if called in ("import_module", "__import__", "load"):
                yield node, str(node.args[0].value)


def defining_module(name):
    """Return the module of eegzoo that defines an imported name, or None for other packages."""
    if name in MODULES:
        return name
    package, _, attribute = name.rpartition(".")
    if package not in MODULES:
        return None
    return lazy_names(package).get(attribute, package)


@cache
def dependencies(file):
    """Return the files of eegzoo that a file imports, including late and type-only imports."""
    modules = {defining_module(name) for _, name in imports(parse(file))}
    return frozenset(MODULES[module] for module in modules if module) - {file}


def external(tree):
    """Return the top-level names of the packages other than eegzoo that a tree imports."""
    return {name.partition(".")[0] for _, name in imports(tree)} - {"eegzoo", "__future__"}


def cycles():
    """Return the import cycles: groups of files that import each other (Tarjan's algorithm)."""
    index, low, stack, found = {}, {}, [], []

    def visit(file):
        index[file] = low[file] = len(index)
        stack.append(file)
        for other in dependencies(file):
            if other not in index:
                visit(other)
                low[file] = min(low[file], low[other])
            elif other in stack:
                low[file] = min(low[file], index[other])
        if low[file] == index[file]:
            group = stack[stack.index(file) :]
            del stack[stack.index(file) :]
            if len(group) > 1:
                found.append(sorted(group))

    for file in FILES:
        if file not in index:
            visit(file)
    return found
