#!/usr/bin/env bash
# MNE's two ways of resampling move a signal in time, by an amount that depends on its length.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mne==1.13.2 numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" - <<'PY'
import mne
import numpy as np

print(f"mne {mne.__version__}: mne.filter.resample of a bump of 20 ms")


def bump(times, at):
    return np.exp(-0.5 * ((times - at) / 0.02) ** 2)


def moved(old, new, n_times, at, method):
    """Return by how many new samples the bump is late."""
    signal = bump(np.arange(n_times) / old, at)
    slow = mne.filter.resample(signal, up=new, down=old, method=method, npad="auto", verbose=False)
    times = np.arange(len(slow)) / new
    near = abs(times - at) < 0.1
    return new * ((times * slow)[near].sum() / slow[near].sum() - at)


cases = [
    (250, 128, 30_000, 60.0, "fft", -0.50),
    (500, 250, 29_873, 58.7, "fft", -0.50),
    (500, 250, 29_873, 58.7, "polyphase", -0.49),
]
for old, new, n_times, at, method, expected in cases:
    late = moved(old, new, n_times, at, method)
    print(f"  {n_times} samples, {old} to {new} Hz, bump at {at:g} s, {method!r}: {late:+.2f} new samples late")
    if abs(late - expected) > 0.02:
        raise SystemExit("the behaviour has changed")
print("expected: 0, whatever the length")
PY
