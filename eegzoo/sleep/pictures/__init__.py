"""Pictures of nights."""
