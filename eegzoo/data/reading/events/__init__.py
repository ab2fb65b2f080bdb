"""Events of recordings: where they are found, which are classes, and which windows they spoil."""
