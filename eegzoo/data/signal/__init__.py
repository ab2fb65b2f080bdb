"""Description of a signal: channels, unit, electrode positions, quality and alignment."""
