#!/usr/bin/env bash
# YASA counts REM latency from the hypnogram's start, and unscored epochs in TIB and SOL.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check yasa==0.8.1
"$folder/venv/bin/python" - <<'PY'
from importlib.metadata import version

import yasa

print(f"yasa {version('yasa')}: sleep_statistics of 10 min W, 10 min N2, 1 min unscored, 9 min N2, 5 min R")
stages = ["W"] * 20 + ["N2"] * 20 + ["UNS"] * 2 + ["N2"] * 18 + ["R"] * 10
found = yasa.Hypnogram(stages).sleep_statistics()
print(f"  Lat_REM {found['Lat_REM']:g} min, SOL {found['SOL']:g} min, TIB {found['TIB']:g} min")
late = ["UNS"] * 10 + stages
later = yasa.Hypnogram(late).sleep_statistics()
print(f"  with 5 min unscored before: SOL {later['SOL']:g} min, TIB {later['TIB']:g} min, SE {later['SE']:.1f} %")
if found["Lat_REM"] != 30 or later["SOL"] != 15 or later["TIB"] != 40:
    raise SystemExit("the behaviour has changed")
print("expected by the AASM's definition of REM latency: 20 min, from sleep onset (luna's has it so)")
PY
