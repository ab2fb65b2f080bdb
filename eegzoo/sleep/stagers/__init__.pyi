from .load_stager import load_stager
from .stager import Stager

__all__ = ["Stager", "load_stager"]
