"""Write YASA's statistics of some hypnograms to sleep_statistics.json.

Run it with YASA 0.8.1: ``pip install yasa==0.8.1``, then ``python make_sleep_statistics.py``.
"""

import json
import warnings
from pathlib import Path

import yasa

HYPNOGRAMS = {
    "night": "W*24 N1*6 N2*30 N3*40 N2*10 R*12 W*2 N1*3 N2*50 R*30 N2*40 R*40 W*4 N2*20 R*25 W*13",
    "fragmented": "N1*2 W*1 N1*1 W*2 N1*3 N2*4 W*1 N1*1 N2*5 W*3 N2*2 W*1 N1*1 W*5",
    "no REM": "W*10 N1*4 N2*20 N3*6 W*2 N2*8",
    "REM at sleep onset": "W*3 R*20 N1*5 N2*30 W*7",
    "no wake": "N1*3 N2*10 N3*10 N2*4 R*7",
    "no sleep": "W*40",
    "unscored inside": "W*8 N1*4 U*6 N2*20 U*2 W*3 U*1 N2*5 R*9 W*6",
    "unscored ends": "U*20 W*5 N1*3 N2*30 R*6 U*15",
}
NAMES = {"W": "WAKE", "R": "REM", "U": "UNS"}


def main():
    warnings.simplefilter("ignore")
    found = {}
    for name, code in HYPNOGRAMS.items():
        stages = []
        for run in code.split():
            stage, _, count = run.partition("*")
            stages += [NAMES.get(stage, stage)] * int(count)
        statistics = yasa.Hypnogram(stages, freq="30s").sleep_statistics()
        numbers = {
            key: None if value != value else float(value) for key, value in statistics.items()
        }
        found[name] = {"hypnogram": code, "statistics": numbers}
    made = {"yasa": yasa.__version__, "hypnograms": found}
    path = Path(__file__).with_name("sleep_statistics.json")
    path.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
