"""Computation of many recordings by joblib's workers, here or on a cluster."""
