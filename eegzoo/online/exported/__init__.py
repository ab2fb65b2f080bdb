"""Classifiers of running signals that are exported as ONNX and JSON, and need no torch."""
