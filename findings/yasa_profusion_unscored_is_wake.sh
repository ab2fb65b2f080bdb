#!/usr/bin/env bash
# YASA reads stage 9 of a Compumedics Profusion file, which nobody scored, as wake.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check yasa==0.8.1
"$folder/venv/bin/python" - "$folder" <<'PY'
import sys
from importlib.metadata import version

import yasa

path = f"{sys.argv[1]}/night.xml"
stages = [9] * 20 + [0] * 20 + [2] * 60 + [9] * 20  # 10 min unscored, 10 min wake, 30 min N2, 10 min
with open(path, "w") as file:
    cells = "".join(f"<SleepStage>{stage}</SleepStage>" for stage in stages)
    file.write(
        "<CMPStudyConfig><EpochLength>30</EpochLength>"
        f"<SleepStages>{cells}</SleepStages></CMPStudyConfig>"
    )
print(f"yasa {version('yasa')}: Hypnogram.from_profusion of 10 min unscored (9), wake, N2, unscored (9)")
night = yasa.Hypnogram.from_profusion(path)
counts = night.hypno.value_counts().to_dict()
statistics = night.sleep_statistics()
print(f"  epochs by stage: { {name: n for name, n in counts.items() if n} }")
print(f"  SOL {statistics['SOL']:g} min, WASO {statistics['WASO']:g} min, SE {statistics['SE']:g} %")
if counts["WAKE"] != 60 or statistics["SOL"] != 20:
    raise SystemExit("the behaviour has changed")
print("expected: 20 epochs of wake and 40 unscored")
PY
