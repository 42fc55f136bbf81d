"""The sample papers of the offline demo: their text (content/), their figures (plots_*) and the formats they are written in."""
