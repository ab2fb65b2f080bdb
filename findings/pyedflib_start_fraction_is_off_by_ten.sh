#!/usr/bin/env bash
# pyedflib reads a tenth of the fraction of a second at which an EDF+ file starts, and writes ten times it, or nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyedflib==0.1.42 edfio==0.4.18 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import datetime

import edfio
import numpy as np
import pyedflib

print(f"pyedflib {pyedflib.__version__}: starts of EDF+ files at fractions of a second after 22:00:00")
signal = edfio.EdfSignal(np.sin(np.arange(1000)), 100, label="Cz", physical_range=(-2, 2))
edfio.Edf([signal], starttime=datetime.time(22, 0, 0, 500_000), annotations=[]).write("edfio.edf")
with pyedflib.EdfReader("edfio.edf") as file:
    read = file.getStartdatetime().microsecond
print(f"  .5 s in the file, read by pyedflib: {read / 1e6:g} s")
if read != 50_000:
    raise SystemExit("the behaviour has changed")

header = dict(label="Cz", dimension="uV", sample_frequency=100, physical_min=-200, physical_max=200)
header |= dict(digital_min=-32768, digital_max=32767, transducer="", prefilter="")
for written, stored in ((50_000, 500_000), (500_000, 0)):
    with pyedflib.EdfWriter("pyedflib.edf", 1, file_type=pyedflib.FILETYPE_EDFPLUS) as file:
        file.setSignalHeader(0, header)
        file.setStartdatetime(datetime.datetime(2020, 1, 1, 22, 0, 0, written))
        file.writeSamples([np.zeros(1000)])
    found = edfio.read_edf("pyedflib.edf").starttime.microsecond
    print(f"  {written / 1e6:g} s written by pyedflib, in the file: {found / 1e6:g} s")
    if found != stored:
        raise SystemExit("the behaviour has changed")
print("expected: .5, .05 and .5 s")
PY
