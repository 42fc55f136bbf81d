"""SQL of the demonstration."""
