"""Make electrode_positions.json: ``python make_electrode_positions.py``. Requires ``mne==1.13.2``.

It has the positions of MNE's template "colin27_1005", which MNE has from FieldTrip.
"""

import json
from pathlib import Path

import mne

FILE = Path(__file__).parents[2] / "eegzoo" / "models" / "electrode_positions.json"

if __name__ == "__main__":
    positions = mne.channels.make_standard_montage("colin27_1005").get_positions()
    if positions["coord_frame"] != "mri":
        raise ValueError(f"expected the MRI frame, got {positions['coord_frame']}")
    source = f"mne {mne.__version__} make_standard_montage('colin27_1005'), frame 'mri'"
    rows = ",\n".join(
        f"{json.dumps(name)}: {[round(1000 * float(each), 4) for each in position]}"
        for name, position in positions["ch_pos"].items()
    )
    text = f'{{"source": {json.dumps(source)}, "millimetres": {{\n{rows}\n}}}}\n'
    FILE.write_text(text, encoding="utf-8")
