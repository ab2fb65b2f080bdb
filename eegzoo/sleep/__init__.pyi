from .stagers.load_stager import load_stager
from .stagers.stager import Stager
from .stream import SleepStream, StagedWindow

__all__ = ["SleepStream", "StagedWindow", "Stager", "load_stager"]
