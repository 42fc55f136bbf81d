"""The bundled sample papers and the offline demonstration."""
