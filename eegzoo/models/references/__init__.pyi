from .find import find_reference
from .reference import Comparison, Reference

__all__ = ["Comparison", "Reference", "find_reference"]
