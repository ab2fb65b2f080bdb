"""What the estimators do for each person apart."""
