"""Weights of foundation models: checkpoints of their authors and of braindecode, and key maps."""
