"""Protocols: functions from recordings to scores."""
