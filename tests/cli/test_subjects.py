"""Files are assigned to people by name, by pattern, or as BIDS names them."""

from pathlib import Path

import pytest

from eegzoo.cli.sources import load_windows
from eegzoo.cli.subjects import subjects_of
from eegzoo.data import Epoch, Preprocessing, simulate_motor_imagery

FILES = [Path("d/s1_a.fif"), Path("d/s1_b.fif"), Path("d/s2_a.fif")]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, [None] * 3),
        (["x"], ["x"] * 3),
        (["x", "x", "y"], ["x", "x", "y"]),
        (["{subject}_*"], ["s1", "s1", "s2"]),
        (["s{subject}_*.fif"], ["1", "1", "2"]),
        (["*_{subject}.fif"], ["a", "b", "a"]),
        (["{subject}/*"], ["d"] * 3),
    ],
)
def test_subjects_of_files(given, expected):
    assert subjects_of(FILES, given) == expected


def test_names_of_bids_need_no_option():
    files = [Path("sub-01_run-1_eeg.fif"), Path("sub-01_run-2_eeg.fif"), Path("night.edf")]
    assert subjects_of(files, None) == ["01", "01", None]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["x", "y"], "expected one --subject for each of 3 files"),
        (["t{subject}_*"], r"whose names match --subject t\{subject\}_\*, got d/s1_a.fif"),
        (["{subject}", "y", "z"], "expected one pattern"),
        ([" "], "expected names for --subject"),
        (["{person}_*"], r"expected one pattern with \{subject\}"),
    ],
)
def test_wrong_subjects_raise(given, message):
    with pytest.raises(ValueError, match=message):
        subjects_of(FILES, given)


def test_files_of_one_person_are_one_subject(tmp_path):
    files = [tmp_path / f"{name}_raw.fif" for name in ("s1_a", "s1_b", "s2_a")]
    for seed, path in enumerate(files):
        raw = simulate_motor_imagery(4, ch_names=("C3", "C4"), random_state=seed)
        raw.save(path, verbose="ERROR")
    dataset = load_windows(
        Preprocessing([Epoch(0, 2)]), None, None, None, files, None, subject=["{subject}_*"]
    )
    assert dataset.groups("subject").tolist() == ["s1"] * 8 + ["s2"] * 4
    assert len(set(dataset.groups("recording"))) == 3
