"""Every public name shows how it is used, in a docstring whose examples the tests run."""

import importlib
from pathlib import Path

import pytest

import eegzoo

ROOT = Path(eegzoo.__file__).parent
MODULES = [
    "eegzoo",
    *(f"eegzoo.{path.parent.name}" for path in sorted(ROOT.glob("*/__init__.py"))),
]

# Names without an example, and why.
EXCEPTIONS = {
    "EEGModel": "a base class; every model is an example",
    "Finding": "what check_recording returns, which shows it",
    "ModelEntry": "what find_entry returns, which shows it",
    "Normalizer": "a base class; fit_normalizer shows it",
    "SignalWarning": "a category of warnings",
    "register_model": "an example would register it for every other test; eegnet.py shows it",
}


def public_objects():
    """Name and object of all that the packages export, each object once."""
    found = {}
    for module in map(importlib.import_module, MODULES):
        for name in getattr(module, "__all__", ()):
            found.setdefault(name, getattr(module, name))
    return {name: thing for name, thing in sorted(found.items()) if callable(thing)}


OBJECTS = public_objects()


def has_examples(thing):
    _, heading, examples = (thing.__doc__ or "").partition("Examples\n")
    return bool(heading) and examples.lstrip().startswith("---") and ">>> " in examples


@pytest.mark.parametrize("name", sorted(OBJECTS.keys() - EXCEPTIONS.keys()))
def test_it_has_an_example(name):
    assert has_examples(OBJECTS[name]), f"{OBJECTS[name].__module__}.{name} has no Examples"


def test_no_exception_is_stale():
    assert OBJECTS.keys() >= EXCEPTIONS.keys()
    assert [name for name in EXCEPTIONS if has_examples(OBJECTS[name])] == []
