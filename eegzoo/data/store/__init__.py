"""Windows on disk: the store, its shards, and how they are written."""
