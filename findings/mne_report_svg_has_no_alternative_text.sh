#!/usr/bin/env bash
# mne.Report gives pictures in SVG no alternative text, and those in PNG their title.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mne==1.13.2 matplotlib==3.11.2
cd "$folder"
MPLBACKEND=agg "$folder/venv/bin/python" -W ignore - <<'PY'
import re

import mne
from matplotlib.figure import Figure

mne.set_log_level("ERROR")
figure = Figure()
figure.subplots().plot([0, 1])
report = mne.Report(title="report")
for kind in ("png", "svg"):
    report.add_figure(figure, title=f"Title {kind}", caption=f"What is seen {kind}", image_format=kind)
report.save("report.html", open_browser=False)
page = open("report.html", encoding="utf-8").read()
images = [one for one in re.findall(r'<img [^>]*alt="([^"]*)"', page) if one.startswith("Title")]
print(f"mne 1.13.2: alternative texts of pictures in PNG: {images}")
drawn = re.findall(r'<svg[^>]*viewBox="0 0 \d+\.\d+[^>]*>.{0,2000}', page, re.DOTALL)
described = [one for one in drawn if re.search(r"aria-label|role=.img|<title>|<desc>", one)]
print(f"mne 1.13.2: pictures in SVG: {len(drawn)}, with an alternative text: {len(described)}")
print("expected: 1 of 1, and what is seen")
if images != ["Title png"] or len(drawn) != 1 or described:
    raise SystemExit("the behaviour has changed")
PY
