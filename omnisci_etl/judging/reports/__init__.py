"""Plots of scores and decisions."""
