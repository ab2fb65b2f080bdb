"""Outputs and features of a fitted estimator."""
