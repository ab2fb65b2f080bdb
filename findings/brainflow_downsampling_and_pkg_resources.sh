#!/usr/bin/env bash
# BrainFlow's "each" downsampling keeps the last sample of each block, and it needs an old setuptools.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check brainflow==5.23.0 numpy==2.4.6 setuptools==82.0.0
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
print("brainflow 5.23.0 with setuptools 82.0.0: BoardShim.get_sampling_rate")
try:
    from brainflow.board_shim import BoardShim

    BoardShim.get_sampling_rate(-1)
except ModuleNotFoundError as error:
    print(f"  {error}")
else:
    import sys

    print("  no error; Python 3.12 and newer find its library without pkg_resources")
    if sys.version_info < (3, 12):
        raise SystemExit("the behaviour has changed")
PY
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check setuptools==80.9.0
"$folder/venv/bin/python" -W ignore - <<'PY'
import numpy as np
from brainflow.data_filter import AggOperations, DataFilter

print("brainflow 5.23.0: perform_downsampling(0 1 2 3 4 5 6 7, 4, EACH)")
found = DataFilter.perform_downsampling(np.arange(8.0), 4, AggOperations.EACH.value)
print(f"  {found}")
print("expected: [0. 4.], the samples at the new times")
if found.tolist() != [3.0, 7.0]:
    raise SystemExit("the behaviour has changed")
PY
