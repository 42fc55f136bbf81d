"""Published releases of accepted captions."""
