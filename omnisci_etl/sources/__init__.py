"""Discovery and polite fetching: one module a source, and the one HTTP client."""
