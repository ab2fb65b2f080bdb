"""What a fit is given: windows, targets and weights, validation split, and crops."""
