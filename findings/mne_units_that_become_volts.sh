#!/usr/bin/env bash
# MNE takes nanovolts of EDF, pyedflib's microvolts and BrainVision's microvolts with a Greek letter for volts.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mne==1.13.2 numpy==2.4.6 scipy==1.17.1 edfio==0.4.18 pyedflib==0.1.42 pybv==0.8.1
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import pathlib

import edfio
import mne
import numpy as np
import pybv
import pyedflib

mne.set_log_level("ERROR")
print(f"mne {mne.__version__}: largest value of a rhythm of 50 microvolts")
microvolts = 50 * np.sin(2 * np.pi * 10 * np.arange(1000) / 100 + 1)


def show(what, raw):
    """Print and return the largest value, and the type of the channel."""
    found, kind = float(f"{raw.get_data().max():.2g}"), raw.get_channel_types()[0]
    print(f"  {what}: {found:g} V, channel type {kind}")
    return found, kind


def edf(unit, factor):
    """Write by edfio and read by MNE."""
    signal = edfio.EdfSignal(microvolts * factor, 100, label="Cz", physical_dimension=unit)
    edfio.Edf([signal]).write("edfio.edf")
    return mne.io.read_raw_edf("edfio.edf")


found = [show("EDF in uV", edf("uV", 1)), show("EDF in nV, a prefix that EDF+ names", edf("nV", 1000))]

with pyedflib.EdfWriter("pyedflib.edf", 1, file_type=pyedflib.FILETYPE_EDFPLUS) as file:
    header = dict(label="Cz", dimension="µV", sample_frequency=100, physical_min=-200, physical_max=200)
    file.setSignalHeader(0, header | dict(digital_min=-32768, digital_max=32767, transducer="", prefilter=""))
    file.writeSamples([microvolts])
unit = pathlib.Path("pyedflib.edf").read_bytes()[256 + 2 * 96 :][:8].decode().strip()
found.append(show(f"EDF by pyedflib {pyedflib.__version__} in 'µV', which it writes as {unit!r}", mne.io.read_raw_edf("pyedflib.edf")))

pybv.write_brainvision(data=microvolts[None] * 1e-6, sfreq=100, ch_names=["Cz"], fname_base="r", folder_out=".")
path = pathlib.Path("r.vhdr")
for name, mu in (("micro sign, U+00B5", "\u00b5V"), ("Greek letter mu, U+03BC", "\u03bcV")):
    path.write_text(path.read_text("utf-8").replace("\u00b5V", mu), "utf-8")
    found.append(show(f"BrainVision with the {name}", mne.io.read_raw_brainvision(path)))
print("expected: 5e-05 V and eeg in all")
values, kinds = zip(*found)
if values != (5e-5, 5e4, 50.0, 5e-5, 50.0) or kinds != ("eeg",) * 4 + ("misc",) or unit != "AuV":
    raise SystemExit("the behaviour has changed")
PY
