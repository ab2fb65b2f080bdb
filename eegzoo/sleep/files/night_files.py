"""Files that are written for each of several nights."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from eegzoo.arguments import one_of
from eegzoo.files import check_writable, check_writable_folder
from eegzoo.sleep.files.hypnogram_files import ENDINGS, check_can_write

PICTURES = (".png", ".svg", ".pdf")


@dataclasses.dataclass(frozen=True)
class NightFiles:
    """Recording of a night, and the files to write for it.

    Parameters
    ----------
    recording : Path
        Recording.
    hypnogram, picture : Path | None
        File of the hypnogram, and of the picture. None: not to be written.
    """

    recording: Path
    hypnogram: Path | None = None
    picture: Path | None = None


def night_files(
    recordings: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str] | None = None,
    plot: str | os.PathLike[str] | None = None,
    ending: str = ".csv",
) -> list[NightFiles]:
    """Name the files that are written for each night, and check that they can be.

    Parameters
    ----------
    recordings : sequence of path-like
        Recordings.
    out, plot : path-like | None
        For one night, a file with a known ending. Otherwise a folder, which is made if necessary;
        a file in it has the name of its recording. None: nothing is written.
    ending : {".csv", ".tsv", ".edf"}
        Format of hypnograms in a folder.

    Returns
    -------
    list of NightFiles
        Files of each night.

    Raises
    ------
    ValueError
        If a recording is given twice, two nights would have the same file, or a file would replace
        a recording.
    OSError
        If a file cannot be written.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [night.hypnogram.name for night in night_files(["a.edf", "b.edf"], folder)]
    ['a.csv', 'b.csv']
    """
    if isinstance(recordings, (str, os.PathLike)):
        raise TypeError(f"expected recordings to be a sequence of paths, got {recordings!r}")
    nights = [Path(path) for path in recordings]
    if not nights:
        raise ValueError("expected at least one recording, got none")
    one_of("ending", ending, ENDINGS)
    hypnograms = _named(nights, out, ENDINGS, ending, "out")
    pictures = _named(nights, plot, PICTURES, ".png", "plot")
    _check_distinct(nights, [*hypnograms, *pictures])
    for path in filter(None, hypnograms):
        check_can_write(path)
    return [NightFiles(*paths) for paths in zip(nights, hypnograms, pictures, strict=True)]


def _named(
    nights: Sequence[Path],
    target: str | os.PathLike[str] | None,
    endings: tuple[str, ...],
    ending: str,
    name: str,
) -> Sequence[Path | None]:
    """Return the file of each night in a folder, or the file of a single night."""
    if target is None:
        return [None] * len(nights)
    path = Path(target)
    is_file = path.suffix.lower() in endings and not path.is_dir()
    if is_file and len(nights) == 1:
        check_writable(path)
        return [path]
    if is_file or (path.suffix and not path.is_dir() and len(nights) == 1):
        wanted = f"a file that ends in {', '.join(endings)}, or a folder"
        wanted = wanted if len(nights) == 1 else f"a folder for {len(nights)} nights"
        raise ValueError(f"expected {name} to be {wanted}, got {path}")
    check_writable_folder(path)
    path.mkdir(parents=True, exist_ok=True)
    return [path / f"{night.stem}{ending}" for night in nights]


def _check_distinct(nights: Sequence[Path], outputs: Sequence[Path | None]) -> None:
    """Raise an error if two paths are the same file."""
    used: dict[Path, str] = {}
    for night in nights:
        if night.resolve() in used:
            raise ValueError(f"expected different recordings, got {night} twice")
        used[night.resolve()] = "itself"
    for night, path in zip(itertools.cycle(nights), outputs, strict=False):
        if path is None:
            continue
        if path.resolve() in used:
            raise ValueError(
                f"expected a file of its own for each night, got {path} for {night} and for "
                f"{used[path.resolve()]}"
            )
        used[path.resolve()] = str(night)
