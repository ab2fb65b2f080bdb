"""Plans of how a recording's channels become the channels that a trained model knows."""
