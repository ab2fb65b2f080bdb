"""Reading of recordings, their events and BIDS folders, with checks for damaged files."""
