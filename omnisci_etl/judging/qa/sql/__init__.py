"""SQL of caption QA."""
