#!/usr/bin/env bash
# An integer LSL outlet cuts fractions off and wraps numbers that do not fit, without a word.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pylsl==1.18.6 numpy==2.4.6
cd "$folder"
printf '[multicast]\nResolveScope = machine\n[lab]\nKnownPeers = {127.0.0.1}\n[log]\nlevel = -3\n' > lsl.cfg
LSLAPICFG=$folder/lsl.cfg "$folder/venv/bin/python" - <<'PY'
import time

import numpy as np
import pylsl

print("pylsl 1.18.6: push_chunk of [1.7, -1.7, 40000] into an int16 outlet")
info = pylsl.StreamInfo("amplifier", "EEG", 1, 100, pylsl.cf_int16, "amplifier-2")
outlet = pylsl.StreamOutlet(info)
inlet = pylsl.StreamInlet(pylsl.resolve_byprop("name", "amplifier", timeout=10)[0])
inlet.open_stream(timeout=10)
time.sleep(0.5)
outlet.push_chunk(np.array([[1.7], [-1.7], [40000.0]]))
found, deadline = [], time.time() + 10
while len(found) < 3 and time.time() < deadline:
    found += [row[0] for row in inlet.pull_chunk(timeout=0.2)[0]]
print(f"  received: {found}")
print("expected: an error, or [2, -2, 32767]")
if found != [1, -1, -25536]:
    raise SystemExit("the behaviour has changed")
PY
