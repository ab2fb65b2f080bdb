"""Make electrode_positions.json: ``python make_electrode_positions.py``. Requires ``mne==1.13.2``.

It has the positions of MNE's template "colin27_1005", which MNE has from FieldTrip, and the
transform to MNE's head frame, whose axes go through the ears and the nasion.
"""

import json
from pathlib import Path

import mne

FILE = Path(__file__).parents[2] / "eegzoo" / "models" / "electrode_positions.json"

if __name__ == "__main__":
    montage = mne.channels.make_standard_montage("colin27_1005")
    positions = montage.get_positions()
    to_head = mne.channels.compute_native_head_t(montage)["trans"][:3].tolist()
    if positions["coord_frame"] != "mri":
        raise ValueError(f"expected the MRI frame, got {positions['coord_frame']}")
    source = f"mne {mne.__version__} make_standard_montage('colin27_1005'), frame 'mri'"
    rows = ",\n".join(
        f"{json.dumps(name)}: {[round(1000 * float(each), 4) for each in position]}"
        for name, position in positions["ch_pos"].items()
    )
    text = (
        f'{{"source": {json.dumps(source)}, "to_head": {json.dumps(to_head)}, '
        f'"millimetres": {{\n{rows}\n}}}}\n'
    )
    FILE.write_text(text, encoding="utf-8")
