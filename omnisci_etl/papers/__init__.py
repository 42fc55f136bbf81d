"""Bytes to Document: one module a format, none of which touches the network or the database."""
