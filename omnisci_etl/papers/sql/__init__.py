"""SQL that stores what was read."""
