"""Seeds for every test, and the names that every doctest may use."""

import random
import tempfile

import mne
import numpy as np
import pytest
import torch

import eegzoo

# The tests run side by side, a process for each core.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _seeds():
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 (MNE and scikit-learn draw from it when not told otherwise)
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _doctest_names(doctest_namespace):
    doctest_namespace.update(eegzoo=eegzoo, mne=mne, np=np, torch=torch, tempfile=tempfile)
