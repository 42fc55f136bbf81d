"""Captions: prompts, routes, providers and the paid-call protocol."""
