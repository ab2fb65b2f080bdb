"""Count the lines of Python in each package of eegzoo, the tests and the scripts.

    python benchmarks/count_lines.py [--rev REV]

Counts the files of a git revision or, without `--rev`, those of the working tree that git does not
ignore. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import subprocess
from collections import Counter
from pathlib import Path

from results_table import markdown

ROOT = Path(__file__).parents[1]


def count_lines(rev: str | None = None) -> dict[str, int]:
    """Return the number of lines of each Python file, by path."""
    where = [rev] if rev else ["--untracked"]
    command = ["git", "grep", "--count", "-e", "", *where, "--", "*.py"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(run.stderr.strip())
    rows = [line.removeprefix(f"{rev}:").rsplit(":", 1) for line in run.stdout.splitlines()]
    return {path: int(n_lines) for path, n_lines in rows}


def groups_of(path: str) -> list[str]:
    """Return the rows of the table that count a file."""
    top, *rest = path.split("/")
    if top != "eegzoo":
        return [top if rest else "*.py"]
    return ["eegzoo/**", f"eegzoo/{rest[0]}" if rest[1:] else "eegzoo/*.py"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rev", help="git revision; the working tree if not given")
    n_files: Counter[str] = Counter()
    n_lines: Counter[str] = Counter()
    for path, lines in count_lines(parser.parse_args().rev).items():
        for group in groups_of(path):
            n_files[group] += 1
            n_lines[group] += lines
    print("| folder | files | lines |\n|---|---|---|")
    for group in sorted(n_files):
        print(markdown((group, n_files[group], n_lines[group])))


if __name__ == "__main__":
    main()
