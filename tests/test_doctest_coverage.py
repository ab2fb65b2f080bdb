"""Every public name has an Examples section, which runs as a doctest."""

import importlib
from pathlib import Path

import eegzoo

ROOT = Path(eegzoo.__file__).parent
MODULES = [
    "eegzoo",
    *(f"eegzoo.{path.parent.name}" for path in sorted(ROOT.glob("*/__init__.py"))),
]

# Names without an example, with the reason.
EXCEPTIONS = {
    "AdaptationWarning": "warning category",
    "CalibrationWarning": "warning category",
    "AlignmentWarning": "warning category",
    "EEGModel": "base class; the models have examples",
    "Finding": "returned in the example of check_recording",
    "ModelEntry": "returned in the example of find_entry",
    "Normalizer": "base class; see the example of fit_normalizer",
    "ReportWarning": "warning category",
    "SignalWarning": "warning category",
    "SplitWarning": "warning category",
}


def public_objects():
    """Return the public functions and classes of all packages, by name."""
    found = {}
    for module in map(importlib.import_module, MODULES):
        for name in getattr(module, "__all__", ()):
            found.setdefault(name, getattr(module, name))
    return {name: value for name, value in sorted(found.items()) if callable(value)}


OBJECTS = public_objects()


def has_examples(value):
    _, heading, examples = (value.__doc__ or "").partition("Examples\n")
    return bool(heading) and examples.lstrip().startswith("---") and ">>> " in examples


def test_public_names_have_an_example():
    names = OBJECTS.keys() - EXCEPTIONS.keys()
    assert [name for name in sorted(names) if not has_examples(OBJECTS[name])] == []


def test_every_exception_is_needed():
    assert OBJECTS.keys() >= EXCEPTIONS.keys()
    assert [name for name in EXCEPTIONS if has_examples(OBJECTS[name])] == []
