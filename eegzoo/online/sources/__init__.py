"""Sources of running signals: recordings that are played, LSL and BrainFlow."""
