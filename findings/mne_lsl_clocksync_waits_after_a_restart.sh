#!/usr/bin/env bash
# With clocksync, mne-lsl's pull_chunk(timeout=0.0) waits, up to two seconds, after a sender restarts.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mne-lsl==1.14.0 mne==1.13.2
cd "$folder"
printf '[multicast]\nResolveScope = machine\n[lab]\nKnownPeers = {127.0.0.1}\n[log]\nlevel = -3\n' > lsl.cfg
cat > send.py <<'PY'
import time

import numpy as np
from mne_lsl.lsl import StreamInfo, StreamOutlet

outlet = StreamOutlet(StreamInfo("amplifier", "eeg", 1, 100.0, "float64", "amplifier-1"))
print("ready", flush=True)
for _ in range(6000):  # a minute at most
    outlet.push_sample(np.zeros(1))
    time.sleep(0.01)
PY
LSLAPICFG=$folder/lsl.cfg "$folder/venv/bin/python" - <<'PY'
import subprocess
import sys
import time

from mne_lsl.lsl import StreamInlet, resolve_streams


def start():
    sender = subprocess.Popen([sys.executable, "send.py"], stdout=subprocess.PIPE, text=True)
    sender.stdout.readline()
    return sender


def longest_call(inlet, seconds):
    longest, deadline = 0.0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        started = time.monotonic()
        inlet.pull_chunk(timeout=0.0)
        longest = max(longest, time.monotonic() - started)
        time.sleep(0.01)
    return longest


print("mne-lsl 1.14.0: longest pull_chunk(timeout=0.0) in 5 s after the sender has started again")
found = []
for flags in (["clocksync"], None):
    sender = start()
    info = resolve_streams(timeout=10, name="amplifier")[0]
    inlet = StreamInlet(info, recover=True, processing_flags=flags)
    inlet.open_stream(timeout=10)
    longest_call(inlet, 2.0)
    times = []
    for _ in range(4):
        sender.kill()
        sender.wait()
        longest_call(inlet, 1.0)
        sender = start()
        times.append(longest_call(inlet, 5.0))
    sender.kill()
    sender.wait()
    inlet.close_stream()
    found.append(max(times))
    print(f"  processing_flags={flags}: {', '.join(f'{each:.2f}' for each in times)} s")
print("expected: no call with a timeout of 0 waits")
if found[0] < 0.3 or found[0] < 3 * found[1]:
    raise SystemExit("the behaviour has changed")
PY
