"""The training loop: steps, schedule, the weights that are kept, and checkpoints."""
