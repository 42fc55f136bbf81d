"""SQL of what the command line shows."""
