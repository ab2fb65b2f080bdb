"""Files of features: a row for each window, with its recording and onset."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def check_suffix(out: Path) -> Path | None:
    """Return the table beside a file of features, or None if the file has its own columns.

    Raises
    ------
    ValueError
        If the format is not known.
    ImportError
        If pyarrow, which writes parquet, is not installed.

    Examples
    --------
    >>> check_suffix(Path("features.npy")).name
    'features.csv'
    """
    if out.suffix == ".npy":
        return out.with_suffix(".csv")
    if out.suffix != ".parquet":
        raise ValueError(f"expected --out to end in .npy or .parquet, got {out}")
    _pyarrow()
    return None


def write_features(
    out: Path, features: Any, recordings: Sequence[str], onsets: Sequence[float]
) -> None:
    """Write features, completely or not at all.

    Parameters
    ----------
    out : Path
        File that ends in .npy or .parquet.
    features : array, shape (n_windows, num_features)
        Features.
    recordings : sequence of str
        Recording of each window.
    onsets : sequence of float
        Onset of each window in seconds.
    """
    from eegzoo.files import written_whole

    table = check_suffix(out)
    if table is None:
        pyarrow, parquet = _pyarrow()
        columns = {"recording": list(recordings), "onset": list(map(float, onsets))}
        columns |= {f"f{place}": column for place, column in enumerate(features.T)}
        with written_whole(out) as draft:
            parquet.write_table(pyarrow.table(columns), draft)
        return
    import numpy as np

    with written_whole(out) as draft, draft.open("wb") as file:
        np.save(file, features)
    with written_whole(table) as draft, draft.open("w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(["recording", "onset"])
        rows.writerows(
            [name, f"{onset:.3f}"] for name, onset in zip(recordings, onsets, strict=True)
        )


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise ImportError(
            "pyarrow is required to write parquet: pip install 'eegzoo[parquet]'"
        ) from error
    return pyarrow, parquet
