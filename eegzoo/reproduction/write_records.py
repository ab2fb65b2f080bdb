"""Writer of the records of our own runs.

It runs as ``python -m eegzoo.reproduction.write_records NAME… [--data-dir DIR] [--resume FILE]``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from eegzoo.reproduction.catalogue import find_entries
from eegzoo.reproduction.record_files import file_of
from eegzoo.reproduction.reproduce import reproduce


def write_records(
    names: list[str], data_dir: Path | None, results: Path | None, n_seeds: int | None = None
) -> None:
    """Run entries, and write their records into the package.

    Parameters
    ----------
    names : list of str
        Names of entries.
    data_dir : Path | None
        Directory of data sets.
    results : Path | None
        File of the results so far.
    n_seeds : int | None
        Number of seeds. None: all of the entry.
    """
    for name in names:
        for entry in find_entries(name):
            record = reproduce(
                entry, data_dir=data_dir, results=results, seeds=entry.seeds[:n_seeds]
            )
            file_of(entry.name).parent.mkdir(exist_ok=True)
            text = json.dumps(record.to_dict(), indent=1, ensure_ascii=False)
            file_of(entry.name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Run entries, and store their records.")
    parser.add_argument("names", nargs="+")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--seeds", type=int)
    given = parser.parse_args()
    write_records(given.names, given.data_dir, given.resume, given.seeds)
