"""The version, read by the build and kept in every saved model."""

__version__ = "0.1.0"
