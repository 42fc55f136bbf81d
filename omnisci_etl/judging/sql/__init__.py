"""SQL of scoring and the gate."""
