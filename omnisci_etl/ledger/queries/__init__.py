"""Named queries of provenance: the first line of each file says what it answers."""
