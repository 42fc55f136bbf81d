"""SQL of claims."""
