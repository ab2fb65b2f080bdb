"""Public data are downloaded with a progress bar, cached whole or not at all, and read offline.

The tests download stand-ins from a local server.
"""

import contextlib
import csv
import functools
import hashlib
import http.server
import importlib
import shutil
import socket
import tarfile
import threading
import urllib.parse
import zipfile
from pathlib import Path

import mne
import numpy as np
import pooch
import pytest
import requests

from eegzoo.data import fetch_eegbci, fetch_sample_audvis, fetch_sleep_physionet, fetch_ssvep
from eegzoo.data.datasets.downloads import checksums, data_folder, fetch_files
from tests.data.datasets.stand_ins import (
    checksums_of,
    keep_data_in,
    write_eegbci,
    write_night,
    write_sample,
    write_ssvep,
)
from tests.shared_data import MNE_DATA, needs

FETCHERS = {
    "eegbci": functools.partial(fetch_eegbci, 1, 6),
    "sleep_physionet": functools.partial(fetch_sleep_physionet, 0, 1),
    "sample_audvis": fetch_sample_audvis,
    "ssvep": functools.partial(fetch_ssvep, 1),
}
IN_FILES, IN_ARCHIVES = ["eegbci", "sleep_physionet"], ["sample_audvis", "ssvep"]


class Website(http.server.ThreadingHTTPServer):
    """Server that finds files by the last part of their address."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {}
        self.cut = 0  # number of responses still to be cut in the middle
        self.asked = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.rpartition("/")[2]
        self.server.asked.append(name)
        content = self.server.files[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.server.cut:
            self.server.cut -= 1
            content = content[: len(content) // 2]
        with contextlib.suppress(ConnectionError):
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def website(monkeypatch):
    server = Website()
    get = requests.get

    def redirected(url, **options):
        path = urllib.parse.urlsplit(url).path
        return get(f"http://127.0.0.1:{server.server_port}{path}", **options)

    monkeypatch.setattr(requests, "get", redirected)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(pooch.core.time, "sleep", lambda _: None)  # between two attempts
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def offline(monkeypatch):
    """Make all hosts unreachable and return a list of those looked up."""
    asked = []

    def refuse(host, *_, **__):
        asked.append(host)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(pooch.core.time, "sleep", lambda _: None)
    return asked


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return an empty folder for MNE's data."""
    folder = tmp_path / "mne_data"
    folder.mkdir()
    keep_data_in(folder, monkeypatch)
    return folder


@pytest.fixture
def origin(tmp_path, monkeypatch):
    """Return the files to download by name, with checksums that MNE and eegzoo expect."""
    folder = tmp_path / "origin"
    files = [write_eegbci(folder)]
    known = checksums_of(files, "sha256")
    _patch_eegbci(tmp_path, monkeypatch, known)

    night = write_night(folder)
    _patch_sleep(tmp_path, monkeypatch, checksums_of(night, "sha1"))

    write_sample(folder)
    sample = tmp_path / "sample.tar.gz"
    with tarfile.open(sample, "w:gz") as archive:
        archive.add(folder / "MNE-sample-data", "MNE-sample-data")
    write_ssvep(folder)
    ssvep = tmp_path / "ssvep.zip"
    with zipfile.ZipFile(ssvep, "w") as archive:
        for path in sorted(folder.glob("ssvep-example-data/**/*")):
            archive.write(path, path.relative_to(folder))
    for name, path in {"sample": sample, "ssvep": ssvep}.items():
        entry = mne.datasets.config.MNE_DATASETS[name]
        monkeypatch.setitem(entry, "url", f"https://osf.io/{path.name}")
        digest = hashlib.md5(path.read_bytes()).hexdigest()
        monkeypatch.setitem(entry, "hash", f"md5:{digest}")
    return {path.name: path.read_bytes() for path in [*files, *night, sample, ssvep]}


def _patch_eegbci(folder, monkeypatch, known):
    """Replace MNE's list of checksums."""
    lines = "".join(f"{name[:4]}/{name} {digest}\n" for name, digest in known.items())
    (folder / "data").mkdir()
    (folder / "data/eegbci_checksums.txt").write_text(lines)
    eegbci = importlib.import_module("mne.datasets.eegbci.eegbci")
    monkeypatch.setattr(eegbci, "files", lambda _: folder)
    monkeypatch.setattr("eegzoo.data.datasets.eegbci.checksums", lambda *_: known)


def _patch_sleep(folder, monkeypatch, known):
    """Replace MNE's table of recordings."""
    lines = ["subject,night,record type,age,sex,lights off,sha,fname"]
    for name, digest in known.items():
        lines.append(f"0,1,{name[9:-4]},33,female,00:38:00,{digest},{name}")
    (folder / "records.csv").write_text("\n".join(lines))
    age = importlib.import_module("mne.datasets.sleep_physionet.age")
    monkeypatch.setattr(age, "AGE_SLEEP_RECORDS", folder / "records.csv")
    monkeypatch.setattr("eegzoo.data.datasets.sleep_physionet.checksums", lambda *_: known)


@pytest.fixture
def full(origin, cache):
    """Fill the cache."""
    shutil.copytree(cache.parent / "origin", cache, dirs_exist_ok=True)
    return cache


def files_in(folder):
    return sorted(path.name for path in Path(folder).rglob("*") if path.is_file())


def data_of(recordings):
    (recording,) = recordings
    return recording.raw.get_data("eeg")


@pytest.mark.parametrize("name", FETCHERS)
def test_downloads_are_read_and_cached(name, origin, cache, website):
    website.files = origin
    data = data_of(FETCHERS[name]())
    assert data.size
    asked = list(website.asked)
    assert asked
    np.testing.assert_array_equal(data_of(FETCHERS[name]()), data)
    assert website.asked == asked
    # Temporary files and archives are deleted.
    there = cache.parent / "origin"
    assert set(files_in(cache)) < set(files_in(there))
    assert {path.name for path in cache.iterdir()} < {path.name for path in there.iterdir()}


@pytest.mark.parametrize("name", FETCHERS)
def test_a_download_shows_its_progress(name, origin, cache, website, monkeypatch, capsys):
    bar = importlib.import_module("eegzoo.data.datasets.eegbci").tqdm
    monkeypatch.setattr(
        "eegzoo.data.datasets.eegbci.tqdm", lambda *a, **k: bar(*a, **{**k, "delay": 0})
    )
    website.files = origin
    with mne.use_log_level("INFO"):
        FETCHERS[name]()
    assert "%|" in capsys.readouterr().err


@pytest.mark.parametrize("name", FETCHERS)
def test_a_full_cache_needs_no_network(name, full, offline, capsys):
    assert data_of(FETCHERS[name]()).size
    assert offline == []
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", FETCHERS)
def test_an_interrupted_download_leaves_nothing_and_can_be_repeated(name, origin, cache, website):
    website.files, website.cut = origin, 10
    with pytest.raises(OSError, match="cannot fetch") as caught:
        FETCHERS[name]()
    assert files_in(cache) == []
    assert "\n" not in str(caught.value)
    website.cut = 0
    assert data_of(FETCHERS[name]()).size


@pytest.mark.parametrize("name", FETCHERS)
def test_a_download_with_a_wrong_checksum_raises(name, origin, cache, website):
    website.files = {address: content[:-1] + b"?" for address, content in origin.items()}
    with pytest.raises(OSError, match=r"cannot fetch .* does not match the known hash"):
        FETCHERS[name]()
    assert files_in(cache) == []


@pytest.mark.parametrize("name", FETCHERS)
def test_a_failed_download_raises_an_error_of_one_line(name, origin, cache, offline):
    with pytest.raises(OSError, match="cannot fetch") as caught:
        FETCHERS[name]()
    text = str(caught.value)
    assert "\n" not in text
    assert str(cache) in text
    assert "MNE_DATA" in text
    assert any(site in text for site in ("https://physionet.org", "https://osf.io"))
    assert name in text or "S001/S001R06.edf" in text
    assert caught.value.__cause__ is None  # its traceback would have a hundred lines
    assert caught.value.__suppress_context__
    assert files_in(cache) == []


def test_a_reason_of_several_lines_becomes_one_line(cache):
    def fetch(folder, *, force_update):
        raise OSError("it rains\n    and pours")

    with pytest.raises(OSError, match=r"cannot fetch it from there to .*: it rains and pours$"):
        fetch_files("it", "there", "MNE_DATASETS_SSVEP_PATH", fetch, {})


@pytest.mark.parametrize("name", IN_FILES)
@pytest.mark.parametrize("damage", ["cut short", "changed"])
def test_a_damaged_file_in_the_cache_is_fetched_again(name, damage, full, origin, website):
    expected = data_of(FETCHERS[name]())
    path = next(full.rglob("S*.edf" if name == "eegbci" else "*PSG.edf"))
    content = path.read_bytes()
    path.write_bytes(content[:-1000] if damage == "cut short" else content[:-1] + b"?")
    website.files = origin
    with pytest.warns(RuntimeWarning, match=rf"{path.name} was damaged.* fetched again") as caught:
        data = data_of(FETCHERS[name]())
    assert len(caught) == 1
    np.testing.assert_array_equal(data, expected)
    assert path.read_bytes() == content
    FETCHERS[name]()  # without a warning


@pytest.mark.parametrize("name", IN_FILES)
def test_a_damaged_file_that_cannot_be_fetched_again_raises(name, full, offline):
    path = next(full.rglob("S*R*.edf" if name == "eegbci" else "*PSG.edf"))
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(OSError, match=f"cannot fetch .* again, whose {path.name} is damaged"):
        FETCHERS[name]()


@pytest.mark.parametrize("name", IN_ARCHIVES)
@pytest.mark.parametrize("damage", ["cut short", "missing"])
def test_a_damaged_folder_raises(name, damage, full, offline):
    path = next(full.rglob("*audvis_raw.fif" if name == "sample_audvis" else "*.vhdr"))
    content = path.read_bytes()
    path.unlink()
    if damage == "cut short":
        path.write_bytes(content[: len(content) // 2])
    with pytest.raises(OSError, match=rf"{path.name}.*; remove the folder .* fetched again"):
        FETCHERS[name]()


@pytest.mark.parametrize("name", IN_ARCHIVES)
def test_interrupted_unpacking_leaves_nothing(name, origin, cache, website, monkeypatch):
    website.files = origin
    kind = tarfile.TarFile if name == "sample_audvis" else zipfile.ZipFile
    members = "getmembers" if name == "sample_audvis" else "namelist"
    extract = kind.extractall

    def interrupted(archive, path, **_):
        listed = getattr(archive, members)()
        extract(archive, path, members=listed[: len(listed) // 2])
        assert len(list(Path(path).iterdir())) == 2  # the archive and half of its content
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(kind, "extractall", interrupted)
        with pytest.raises(KeyboardInterrupt):
            FETCHERS[name]()
    assert list(cache.iterdir()) == []
    assert data_of(FETCHERS[name]()).size


@pytest.mark.parametrize("name", FETCHERS)
def test_the_settings_of_mne_are_not_changed(name, origin, cache, website):
    website.files = origin
    FETCHERS[name]()
    assert not Path(mne.get_config_path()).exists()


def test_a_data_set_may_have_a_folder_of_its_own(cache, monkeypatch):
    own = cache / "own"
    own.mkdir()
    assert data_folder("MNE_DATASETS_SSVEP_PATH") == cache
    monkeypatch.setenv("MNE_DATASETS_SSVEP_PATH", str(own))
    assert data_folder("MNE_DATASETS_SSVEP_PATH") == own


def test_the_default_folder_is_in_the_home_folder(tmp_path, monkeypatch):
    keep_data_in(tmp_path, monkeypatch)
    monkeypatch.delenv("MNE_DATA")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for _ in range(2):
        assert data_folder("MNE_DATASETS_SSVEP_PATH") == tmp_path / "mne_data"
        assert (tmp_path / "mne_data").is_dir()


@pytest.mark.parametrize("setting", ["MNE_DATA", "MNE_DATASETS_SSVEP_PATH"])
def test_a_setting_with_a_missing_folder_raises(setting, cache, monkeypatch):
    monkeypatch.setenv(setting, str(cache / "none"))
    with pytest.raises(FileNotFoundError, match="none.*" + setting):
        data_folder("MNE_DATASETS_SSVEP_PATH")


def test_checksums_equal_those_in_mne():
    sleep = importlib.import_module("mne.datasets.sleep_physionet._utils")
    ours = checksums("datasets", "sleep_physionet", "SHA1SUMS")
    with open(sleep.AGE_SLEEP_RECORDS, encoding="utf-8") as file:
        theirs = {row["fname"]: row["sha"] for row in csv.DictReader(file)}
    with open(sleep.TEMAZEPAM_SLEEP_RECORDS, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for kind in ("PSG", "Hypnogram"):
                theirs[row[f"fname_{kind}"]] = row[f"sha_{kind}"]
    assert len(theirs) == 2 * (153 + 44)
    assert theirs.items() <= ours.items()


@needs(MNE_DATA / "MNE-eegbci-data")
def test_checksums_equal_those_of_the_real_files():
    known = checksums("data", "eegbci_checksums.txt")
    assert sum(name.endswith(".edf") for name in known) == 109 * 14
    path = MNE_DATA / "MNE-eegbci-data/files/eegmmidb/1.0.0/S001/S001R06.edf"
    assert checksums_of([path], "sha256").items() <= known.items()
