"""Fixtures that seed every test and provide names to every doctest."""

import random
import tempfile

import mne
import numpy as np
import pytest
import torch

import eegzoo
from eegzoo.models import registry

# Tests run in parallel, one process per core.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _set_seeds():
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 (MNE and scikit-learn use the global generator by default)
    if torch.cuda.is_available():
        torch.manual_seed(0)
    else:  # the same, without the stack that torch formats for a GPU that may appear later
        torch.default_generator.manual_seed(0)


@pytest.fixture(autouse=True)
def _add_doctest_names(doctest_namespace):
    doctest_namespace.update(eegzoo=eegzoo, mne=mne, np=np, torch=torch, tempfile=tempfile)


@pytest.fixture(autouse=True)
def _forget_registered_models(request, monkeypatch):
    """Keep models that an example registers out of the tests that follow."""
    if isinstance(request.node, pytest.DoctestItem):
        eegzoo.list_models()  # registers eegzoo's own, which must not be forgotten
        monkeypatch.setattr(registry, "_ENTRIES", dict(registry._ENTRIES))
