"""SQL of samples and ratings."""
