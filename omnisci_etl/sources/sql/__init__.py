"""SQL of discovery, queue and limiter: one statement a file, parameters as :name."""
