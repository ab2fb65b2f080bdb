"""Paths of recordings on the command line: files that exist, and folders of recordings."""

from __future__ import annotations

from pathlib import Path

import typer

# Files of which each is a recording. Tables and MATLAB files can be anything.
_ENDINGS = (
    ".edf", ".bdf", ".gdf", ".vhdr", ".ahdr", ".set", ".cnt", ".xdf", ".xdfz",
    *(f"{kind}.fif{packed}" for kind in ("raw", "eeg", "epo") for packed in ("", ".gz")),
)  # fmt: skip


def existing(path: Path | None) -> Path | None:
    """Return the path of a recording, or raise an error at once if there is none."""
    if path is not None and not path.exists():
        raise FileNotFoundError(f"no such file: {path}")
    return path


def files_and_folders(paths: list[Path] | None) -> list[Path] | None:
    """Return the paths of recordings, with those in a folder in place of the folder.

    Raises
    ------
    FileNotFoundError
        If a path does not exist.
    ValueError
        If a folder contains no recordings.
    """
    return None if paths is None else [one for path in paths for one in _recordings(path)]


def recordings_in(folder: Path) -> list[Path]:
    """Return the recordings in a folder, by name; hypnograms are none.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("b.vhdr", "b.eeg", "a_raw.fif", "a-eve.fif", "a-Hypnogram.edf"):
    ...         Path(folder, name).touch()
    ...     [path.name for path in recordings_in(Path(folder))]
    ['a_raw.fif', 'b.vhdr']
    """
    return sorted(
        path
        for path in folder.iterdir()
        if path.name.lower().endswith(_ENDINGS)
        and "hypnogram" not in path.name.lower()
        and not path.name.startswith(".")
    )


def _recordings(path: Path) -> list[Path]:
    existing(path)
    # An empty option is the path "."; folders with an ending are recordings in themselves.
    if not path.is_dir() or path == Path() or path.suffix.lower() in (".ds", ".mff"):
        return [path]
    found = recordings_in(path)
    if not found:
        raise ValueError(f"expected recordings in the folder {path}, got none in a known format")
    typer.echo(f"{path}: {len(found)} recordings, {found[0].name} to {found[-1].name}", err=True)
    return found
