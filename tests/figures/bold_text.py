"""Captions written with **bold** stretches, as tests of panels read them."""

from __future__ import annotations


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """A caption with **bold** stretches as its text and their spans."""
    plain, bold = "", []
    for n, piece in enumerate(text.split("**")):
        if n % 2:
            bold.append((len(plain), len(plain) + len(piece)))
        plain += piece
    return plain, bold
