"""Names are one short line, without folders."""

import pytest

from eegzoo.report.names import printable, shortened, without_folders


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("left", "left"),
        ("left\r\nhand", "left hand"),
        ("a\x00b\x1b[31m", "ab[31m"),
        ("\u202egnp.exe", "gnp.exe"),
        ("  C3  ", "C3"),
        ("µV Ω 左", "µV Ω 左"),
        (3, "3"),
    ],
)
def test_text_is_one_line_without_control_characters(given, shown):
    assert printable(given) == shown


@pytest.mark.parametrize("n", [1, 24, 25, 26, 200])
def test_long_names_keep_their_ends(n):
    name = "".join(chr(97 + place % 26) for place in range(n))
    short = shortened(name)
    assert len(short) <= 25
    assert short[:12] == name[:12]
    assert short[-12:] == name[-12:]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("/home/ann/a.edf", "a.edf"),
        ("/home/ann/a.edf/1/1", "a.edf/1/1"),
        ("../data/night 1.edf", "night 1.edf"),
        ("data/b_eeg.fif.gz", "b_eeg.fif.gz"),
        ("C:\\Users\\ann\\a.vhdr", "a.vhdr"),
        ("/home/ann/recording", "recording"),
        ("~/x", "x"),
        ("eegbci/S001/1/4", "eegbci/S001/1/4"),
        ("S1", "S1"),
        ("simulated/1/1", "simulated/1/1"),
    ],
)
def test_folders_are_not_shown(given, shown):
    assert without_folders([given]) == {given: shown}


def test_files_of_one_name_are_numbered():
    assert without_folders(["/a/x.edf", "/b/x.edf", "/a/x.edf"]) == {
        "/a/x.edf": "x.edf (1)",
        "/b/x.edf": "x.edf (2)",
    }
