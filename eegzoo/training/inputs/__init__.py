"""Input of the training: checked windows and targets, validation split, and crops."""
