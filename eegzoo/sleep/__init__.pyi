from .stagers.load_stager import load_stager
from .stagers.stager import Stager

__all__ = ["Stager", "load_stager"]
