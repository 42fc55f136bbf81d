"""Figures: pictures, panels, kinds and what of them may be exported."""
