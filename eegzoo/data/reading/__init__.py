"""Files in: recordings, their events, BIDS folders, and checks for damage."""
