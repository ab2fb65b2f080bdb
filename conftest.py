"""Seeds for every test and fixture, one thread for each process, and names for every doctest."""

import gc
import os
import random
import tempfile

# Tests run in parallel, one process per core. Threads of NumPy's algebra and of the processes that
# tests start would wait for each other. NumPy reads this when it is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import mne
import numpy as np
import pytest
import torch

import eegzoo
from eegzoo.models import registry

torch.set_num_threads(1)
# Every run tries the same examples, on slow machines as well. To try others:
# pytest --hypothesis-profile=default
hypothesis.settings.register_profile("same", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("same")


def set_seeds(request):
    """Seed the generators of all libraries, and that of the test's module.

    Results then depend neither on the order of the tests nor on the process that runs them.
    """
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 (MNE and scikit-learn use the global generator by default)
    if torch.cuda.is_available():
        torch.manual_seed(0)
    else:  # the same, without the stack that torch formats for a GPU that may appear later
        torch.default_generator.manual_seed(0)
    module = getattr(request.node.getparent(pytest.Module), "obj", None)
    if isinstance(getattr(module, "RNG", None), np.random.Generator):
        module.RNG = np.random.default_rng(1)  # not the numbers of its constants


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef, request):
    """Seed before a fixture that several tests share."""
    if fixturedef.scope != "function":
        set_seeds(request)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Leave modules and collected tests out of searches for garbage, of two seconds each."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def _set_seeds(request):
    set_seeds(request)


@pytest.fixture(autouse=True)
def _add_doctest_names(doctest_namespace):
    doctest_namespace.update(eegzoo=eegzoo, mne=mne, np=np, torch=torch, tempfile=tempfile)


@pytest.fixture(autouse=True)
def _forget_registered_models(request, monkeypatch):
    """Keep models that an example registers out of the tests that follow."""
    if isinstance(request.node, pytest.DoctestItem):
        eegzoo.list_models()  # registers eegzoo's own, which must not be forgotten
        monkeypatch.setattr(registry, "_ENTRIES", dict(registry._ENTRIES))
