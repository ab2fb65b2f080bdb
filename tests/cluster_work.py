"""What tests send to the workers of a cluster."""

import os
import signal
from pathlib import Path

import numpy as np

from eegzoo.data import Recording
from eegzoo.sleep import Stager


class DeadlyRecording(Recording):
    """Recording that ends the first worker which computes its windows.

    Its description, which is no part of the windows, is "FOLDER|PID of the test".
    """

    @property
    def metadata(self):
        """Metadata, for which a worker dies after it has written a draft of the windows."""
        folder, home = self.raw.info["description"].split("|")
        mark = Path(folder) / "died"
        if os.getpid() != int(home) and not mark.exists():
            mark.touch()
            (Path(folder) / "store" / f"{'0' * 64}.npyhalf.part").write_bytes(b"half of them")
            os.kill(os.getpid(), signal.SIGKILL)
        return super().metadata


class AlwaysN2(Stager):
    """Stager that is certain of N2."""

    def _probabilities(self, signals, sfreq, n):
        return np.tile([0.0, 0.0, 1.0, 0.0, 0.0], (n, 1))
