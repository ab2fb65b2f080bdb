"""A small fitted classifier, and a report of it with hostile names."""

import mne
import numpy as np
import pytest

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Filter,
    Preprocessing,
    Recording,
    simulate_motor_imagery,
)
from eegzoo.report import write_report
from eegzoo.training import EEGClassifier

SCRIPT = "<script>document.title='hacked'</script>"
OTHER = "$x^2$ \"'&amp; 左"


@pytest.fixture(scope="session")
def preprocessing():
    return Preprocessing([Filter(4, 38), Epoch(0, 2)])


@pytest.fixture(scope="session")
def hostile(preprocessing):
    """A recording of one channel without a montage, whose names are HTML and formulas."""
    raw = simulate_motor_imagery(n_trials=40, random_state=0).pick(["C3"])
    raw.set_montage(None)
    raw.rename_channels({"C3": "<b>C3</b> $\\frac$"})
    names = np.where(raw.annotations.description == "left_hand", SCRIPT, OTHER)
    onsets, durations = raw.annotations.onset, raw.annotations.duration
    raw.set_annotations(mne.Annotations(onsets, durations, names))
    return raw


@pytest.fixture(scope="session")
def hostile_dataset(hostile, preprocessing):
    subject = "/home/ann/secret/<img src=x onerror=alert(1)>.edf"
    return EpochsDataset.from_recordings([Recording(hostile, subject)], preprocessing)


@pytest.fixture(scope="session")
def classifier(hostile_dataset):
    settings = {"max_epochs": 2, "random_state": 0, "validation": 0.25}
    return EEGClassifier("eegnet", **settings).fit(hostile_dataset[:20])


@pytest.fixture(scope="session")
def hostile_report(classifier, hostile_dataset, hostile, preprocessing, tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "report.html"
    given = (out, classifier, hostile_dataset[20:])
    return write_report(*given, preprocessing=preprocessing, raw=hostile)
