"""Missing files and files that are not recordings are refused by name."""

import pytest

from eegzoo.data import read_recording


def test_a_missing_file_raises_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such file: .*absent\.edf"):
        read_recording(tmp_path / "absent.edf")


@pytest.mark.parametrize("name", ["folder.edf", "notes.txt", "no_suffix"])
def test_a_path_that_is_not_a_recording_raises_by_name(tmp_path, name):
    path = tmp_path / name
    path.mkdir() if name.startswith("folder") else path.write_text("text")
    with pytest.raises(ValueError, match="cannot be read as a recording"):
        read_recording(path)
