"""SQL of exports."""
