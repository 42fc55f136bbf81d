"""Experts: sampling and ratings."""
