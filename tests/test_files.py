"""Files are written atomically: a file appears complete or not at all."""

import errno
import os
import stat
import tempfile

import pytest

from eegzoo.files import check_writable, check_writable_folder, written_whole


@pytest.fixture
def umask():
    before = os.umask(0o027)
    yield 0o027
    os.umask(before)


def test_the_file_is_there_only_after_the_block(tmp_path):
    path = tmp_path / "table.csv"
    with written_whole(path) as draft:
        draft.write_text("onset,label")
        assert not path.exists()
    assert path.read_text() == "onset,label"
    assert os.listdir(tmp_path) == ["table.csv"]


def test_the_old_file_stays_until_the_new_one_is_complete(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with written_whole(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["table.csv"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("before", [None, "old"])
def test_an_exception_leaves_the_old_file_and_no_draft(tmp_path, error, before):
    path = tmp_path / "table.csv"
    if before is not None:
        path.write_text(before)

    def write_half():
        with written_whole(path) as draft:
            draft.write_text("half")
            raise error

    with pytest.raises(error):
        write_half()
    assert os.listdir(tmp_path) == ([] if before is None else ["table.csv"])
    assert before is None or path.read_text() == before


def test_two_writers_do_not_share_a_draft(tmp_path):
    with written_whole(tmp_path / "a") as one, written_whole(tmp_path / "a") as other:
        assert one != other


def test_the_permissions_are_those_of_open(tmp_path, umask):
    with written_whole(tmp_path / "a") as draft:
        draft.write_text("x")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o666 & ~umask
    assert os.umask(umask) == umask  # the mask itself is unchanged


def test_a_name_without_a_folder_is_written_to_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with written_whole("a.csv") as draft:
        draft.write_text("x")
    assert os.listdir(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("check", [check_writable, lambda path: written_whole(path).__enter__()])
def test_a_missing_folder_is_named_before_anything_is_written(tmp_path, check):
    with pytest.raises(FileNotFoundError, match=r"no such folder: .*missing"):
        check(tmp_path / "missing" / "a.csv")
    assert os.listdir(tmp_path) == []


def test_a_folder_in_place_of_a_file_raises(tmp_path):
    with pytest.raises(IsADirectoryError, match="expected a file to write"):
        check_writable(tmp_path)


def test_a_folder_without_write_permission_is_named(tmp_path, monkeypatch):
    def refuse(**_):  # root may write anywhere
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    with pytest.raises(PermissionError, match=f"cannot write .*{tmp_path.name}.*denied"):
        check_writable(tmp_path / "a.csv")


def test_a_name_that_is_too_long_raises_before_anything_is_computed(tmp_path):
    with pytest.raises(OSError, match="too long"):
        check_writable(tmp_path / ("a" * 300))


def test_a_check_leaves_no_file(tmp_path):
    check_writable(tmp_path / "a.csv")
    check_writable_folder(tmp_path)
    check_writable_folder(tmp_path / "new" / "folder")
    assert os.listdir(tmp_path) == []


def test_a_file_in_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "new" / "folder"):
        with pytest.raises(NotADirectoryError, match=r"expected a folder, got the file .*file$"):
            check_writable_folder(folder)
