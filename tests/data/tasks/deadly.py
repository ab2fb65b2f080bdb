"""Tasks for workers in other processes: they leave a trace, and some end their process."""

import os
import signal
import time
from pathlib import Path


def traced(folder, task):
    """Return a task ten times over; "once" ends the process the first time, "always" each time."""
    folder = Path(folder)
    (folder / f"{task}-{os.getpid()}-{time.time_ns()}").touch()
    mark = folder / f"ended by {task}"
    if task == "always" or (task == "once" and not mark.exists()):
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "wrong":
        raise ValueError("a wrong task")
    return 10 * task
