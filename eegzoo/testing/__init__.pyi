from .check_layer import check_constrained_layer
from .check_model import MODEL_CHECKS, check_model
from .model_case import ModelCase

__all__ = ["MODEL_CHECKS", "ModelCase", "check_constrained_layer", "check_model"]
