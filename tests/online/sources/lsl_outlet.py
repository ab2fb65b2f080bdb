"""Process that sends a saved recording over LSL in real time, from a sample on.

    python lsl_outlet.py NAME DATA.npy SFREQ UNIT FIRST

It prints "ready" when the outlet is open, and sends once it has a reader.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from mne_lsl.lsl import StreamInfo, StreamOutlet


def main(name: str, path: str, sfreq: str, unit: str, first: str) -> None:
    data = np.load(path).astype(np.float64)  # (n_chans, n_times), in the unit
    info = StreamInfo(name, "eeg", len(data), float(sfreq), "float64", f"source-{name}")
    info.set_channel_names([f"E{place}" for place in range(len(data))])
    info.set_channel_types(["eeg"] * len(data))
    if unit != "none":
        info.set_channel_units([unit] * len(data))
    outlet = StreamOutlet(info)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    outlet.wait_for_consumers(timeout=20)
    started, sent = time.monotonic(), int(first)
    while sent < data.shape[1]:
        stop = min(int(first) + int((time.monotonic() - started) * float(sfreq)), data.shape[1])
        if stop > sent:
            outlet.push_chunk(np.ascontiguousarray(data[:, sent:stop].T))
            sent = stop
        time.sleep(0.01)
    time.sleep(1.0)


if __name__ == "__main__":
    main(*sys.argv[1:])
