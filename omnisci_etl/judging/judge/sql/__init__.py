"""SQL of judges."""
